import { join } from "node:path";
import type { StackConfig } from "../config.ts";

/**
 * Returns a hash of a function's files by name, size and modification time: its own folder, the
 * shared code and `.env`, without tests. It runs before every request, so it is synchronous and uses
 * Deno's own functions: 1.7 ms for 330 files. Node's take twice as long, the asynchronous ones more.
 */
export function takeFingerprint(
  { functionsDir, envFile }: Pick<StackConfig, "functionsDir" | "envFile">,
  name: string,
): string {
  const parts: string[] = [];
  addFile(envFile, parts);
  addDirectory(join(functionsDir, "_shared"), parts);
  addDirectory(join(functionsDir, name), parts);
  return parts.join("\n");
}

/** Folders and files that no function imports. */
const PASSED_OVER = /^(node_modules|testing)$|_test\.tsx?$/;

function addDirectory(path: string, parts: string[]): void {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(path)];
  } catch {
    return;
  }
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    if (entry.name.startsWith(".") || PASSED_OVER.test(entry.name)) continue;
    const place = join(path, entry.name);
    if (entry.isDirectory) addDirectory(place, parts);
    else addFile(place, parts);
  }
}

function addFile(path: string, parts: string[]): void {
  try {
    const { size, mtime } = Deno.statSync(path);
    parts.push(`${path} ${size} ${mtime?.getTime()}`);
  } catch (error) {
    // The file may have been deleted after it was listed.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
