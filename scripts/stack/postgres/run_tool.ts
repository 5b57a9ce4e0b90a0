import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { UnixUser } from "./unix_user.ts";

/** Environment of Postgres's programs. It is fixed, so that the caller's environment has no effect. */
export const TOOL_ENVIRONMENT: Readonly<Record<string, string>> = {
  LC_ALL: "C",
  TZ: "UTC",
  PATH: "/usr/local/bin:/usr/bin:/bin",
};

/**
 * Runs a program and waits for it to end.
 *
 * @param stdin text that it reads.
 * @throws {Error} with the program's messages if it fails.
 */
export async function runTool(
  program: string,
  args: readonly string[],
  user: UnixUser | undefined,
  stdin = "",
): Promise<void> {
  const options = { ...user, cwd: "/", env: { ...TOOL_ENVIRONMENT }, maxBuffer: Infinity };
  const running = promisify(execFile)(program, [...args], options);
  // A program that fails need not have read all of it.
  running.child.stdin?.on("error", () => {}).end(stdin);
  await running;
}
