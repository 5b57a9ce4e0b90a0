import { join } from "node:path";
import type { Log } from "./service.ts";

const MAX_BYTES = 10 * 1024 * 1024;

/** Returns a log that appends the lines of each source to a file of its own. */
export function openLogFiles(directory: string): Log {
  Deno.mkdirSync(directory, { recursive: true });
  const files = new Map<string, Deno.FsFile>();
  const encoder = new TextEncoder();
  return (source, message) => {
    let file = files.get(source);
    if (file === undefined) {
      const path = join(directory, `${source}.log`);
      keepSmall(path);
      file = Deno.openSync(path, { append: true, create: true, mode: 0o600 });
      files.set(source, file);
    }
    file.writeSync(encoder.encode(`${new Date().toISOString()} ${message}\n`));
  };
}

/** Renames a file of more than 10 MiB to `<path>.1`, replacing the previous one. */
function keepSmall(path: string): void {
  try {
    if (Deno.statSync(path).size > MAX_BYTES) Deno.renameSync(path, `${path}.1`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
