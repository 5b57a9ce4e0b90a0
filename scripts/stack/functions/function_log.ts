import { join } from "node:path";
import type { Log } from "../service.ts";

/**
 * Returns a log of one function. Each line goes to `<directory>/<name>.log` and to the stack's log.
 */
export function openFunctionLog(
  directory: string,
  name: string,
  log: Log,
): (line: string) => void {
  Deno.mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name}.log`);
  return (line) => {
    // Opened for each line, because a reset may delete the file. Lines are few.
    Deno.writeTextFileSync(path, `${new Date().toISOString()} ${line}\n`, { append: true });
    log(`functions/${name}`, line);
  };
}
