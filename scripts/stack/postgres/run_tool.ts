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
 * @throws {Error} with the program's output if it fails.
 */
export async function runTool(
  program: string,
  { args, user, stdin }: {
    readonly args: readonly string[];
    readonly user: UnixUser | undefined;
    readonly stdin?: string;
  },
): Promise<void> {
  const child = new Deno.Command(program, {
    args: [...args],
    ...user,
    cwd: "/",
    clearEnv: true,
    env: TOOL_ENVIRONMENT,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = child.output();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
    await writer.close().catch(() => {});
  }
  const { success, code, stdout, stderr } = await output;
  if (success) return;
  const decoder = new TextDecoder();
  throw new Error(
    `${program} ended with ${code}\n${decoder.decode(stdout)}${decoder.decode(stderr)}`,
  );
}
