import { dirname } from "node:path";
import { whenMissing } from "../support/when_missing.ts";

/** Replaces a file atomically and flushes it to disk. Creates missing folders. */
export async function writeFile(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${crypto.randomUUID()}.part`;
  await Deno.writeTextFile(draft, text, { createNew: true });
  using file = await Deno.open(draft, { write: true });
  await file.sync();
  await Deno.rename(draft, path);
}

/** Lists the names in a folder, sorted; empty if it does not exist. */
export async function listFolder(path: string): Promise<string[]> {
  const names = Array.fromAsync(Deno.readDir(path), ({ name }) => name);
  return (await names.catch(whenMissing([]))).sort();
}

/**
 * Runs an action while no other process runs one under the same lock. The kernel holds the lock, so it
 * ends with this process.
 */
export async function withLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  await Deno.mkdir(dirname(path), { recursive: true });
  using file = await Deno.open(path, { create: true, write: true });
  await file.lock(true);
  return await action();
}
