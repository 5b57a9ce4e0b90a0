import type { UnixUser } from "./unprivileged.ts";

/** What Postgres's programs are run with: nothing of the caller's environment changes what they do. */
export const TOOL_ENVIRONMENT: Readonly<Record<string, string>> = {
  LC_ALL: "C",
  TZ: "UTC",
  PATH: "/usr/local/bin:/usr/bin:/bin",
};

/**
 * Runs a program to its end.
 *
 * @throws {Error} with what it wrote when it fails.
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
