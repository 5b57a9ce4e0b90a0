import { readLines } from "../stack/text_lines.ts";

/** Process that answers each line of its input with a line, and ends with its input. */
export interface LineProcess extends AsyncDisposable {
  /**
   * Reads a line that the process prints without being asked.
   *
   * @throws {Error} if the process has ended.
   */
  read(): Promise<string>;
  /** Writes a line. Returns the answer. */
  ask(line: string): Promise<string>;
}

/** Starts a process. Its standard error is this program's. */
export function startLineProcess(
  path: string,
  options: Pick<Deno.CommandOptions, "args" | "cwd" | "env">,
): LineProcess {
  const child = new Deno.Command(path, {
    ...options,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = child.stdin.getWriter();
  const lines = readLines(child.stdout).getReader();
  const read = async () => {
    const { value } = await lines.read();
    if (value === undefined) throw new Error(`${path} ended before it answered`);
    return value;
  };
  return {
    read,
    async ask(line) {
      await input.write(new TextEncoder().encode(`${line}\n`));
      return await read();
    },
    async [Symbol.asyncDispose]() {
      await input.close();
      await child.status;
    },
  };
}
