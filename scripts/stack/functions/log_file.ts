import { join } from "node:path";
import type { Log } from "../types.ts";

/** Takes what a function prints, line by line, to its own file and to the stack's log. */
export interface FunctionLog {
  write(line: string): void;
}

/** Opens `<directory>/<name>.log` for adding to it. */
export function openFunctionLog(directory: string, name: string, log: Log): FunctionLog {
  Deno.mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name}.log`);
  return {
    write: (line) => {
      // Opened each time: a reset may take the file away, and lines are few.
      Deno.writeTextFileSync(path, `${new Date().toISOString()} ${line}\n`, { append: true });
      log(`functions/${name}`, line);
    },
  };
}
