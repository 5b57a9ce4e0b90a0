import { statSync } from "node:fs";
import { join } from "node:path";
import type { StackConfig } from "../config.ts";

/**
 * Returns a hash of a function's files by name, size and modification time: its own folder, the
 * shared code and `.env`. It runs before every request and is synchronous because that takes about
 * 1 ms for a hundred files; the asynchronous API takes several times as long.
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

function addDirectory(path: string, parts: string[]): void {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(path)];
  } catch {
    return;
  }
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const entry of entries) {
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const place = join(path, entry.name);
    if (entry.isDirectory) addDirectory(place, parts);
    else addFile(place, parts);
  }
}

function addFile(path: string, parts: string[]): void {
  // The file may have been deleted after it was listed.
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat !== undefined) parts.push(`${path} ${stat.size} ${stat.mtimeMs}`);
}
