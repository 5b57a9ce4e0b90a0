import { join } from "node:path";
import type { Log } from "../service.ts";

/** Log of one function. Each line goes to its own file and to the stack's log. */
export interface FunctionLog {
  write(line: string): void;
}

/** Opens `<directory>/<name>.log` for appending. */
export function openFunctionLog(directory: string, name: string, log: Log): FunctionLog {
  Deno.mkdirSync(directory, { recursive: true });
  const path = join(directory, `${name}.log`);
  return {
    write: (line) => {
      // Opened for each line, because a reset may delete the file. Lines are few.
      Deno.writeTextFileSync(path, `${new Date().toISOString()} ${line}\n`, { append: true });
      log(`functions/${name}`, line);
    },
  };
}
