import { dirname } from "node:path";

/**
 * Does something while no other process does anything under the same lock. The kernel keeps the lock,
 * so that it ends with this process, however that ends.
 */
export async function withLock<T>(path: string, action: () => Promise<T>): Promise<T> {
  await Deno.mkdir(dirname(path), { recursive: true });
  using file = await Deno.open(path, { create: true, write: true });
  await file.lock(true);
  return await action();
}
