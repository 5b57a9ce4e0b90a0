import { TOOL_ENVIRONMENT } from "./postgres/run_tool.ts";
import type { UnixUser } from "./postgres/unix_user.ts";
import { signal } from "./processes.ts";
import type { Log } from "./service.ts";
import { readLines } from "./text_lines.ts";

/** Program that serves and logs to its standard error. */
export interface ProgramOptions {
  /** Short name for logs, such as `postgres`. */
  readonly name: string;
  readonly path: string;
  readonly args: readonly string[];
  /** User to run it as; undefined for this process's own. */
  readonly user: UnixUser | undefined;
  /** Part of the line that it logs once it serves. */
  readonly readyLine: string;
  /** Signal that ends it without waiting for its clients. */
  readonly endSignal: Deno.Signal;
}

/** Running program. */
export interface Program {
  /** Settles when it has ended, for any reason, and all that it printed is logged. */
  readonly ended: Promise<void>;
  /** Ends it without waiting for its clients. A second call does nothing. */
  stop(): Promise<void>;
  /** Ends it as `kill -9` does. */
  kill(): Promise<void>;
}

/**
 * Starts a program with a fixed environment and waits until it serves. It ends with this process,
 * for whatever reason this process ends.
 *
 * @throws {Error} with what it printed if it ends before it serves.
 */
export async function startProgram(options: ProgramOptions, log: Log): Promise<Program> {
  const { name, user } = options;
  const surroundings = { ...user, cwd: "/", clearEnv: true, env: TOOL_ENVIRONMENT };
  const child = new Deno.Command(options.path, {
    ...surroundings,
    args: [...options.args],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const ready = Promise.withResolvers<boolean>();
  const firstLines: string[] = [];
  let isStarting = true;
  const logged = (async () => {
    for await (const line of readLines(child.stderr)) {
      log(name, line);
      if (!isStarting) continue;
      firstLines.push(line);
      if (line.includes(options.readyLine)) ready.resolve(true);
    }
  })();
  let hasEnded = false;
  const ended = child.status.then(async () => {
    hasEnded = true;
    await logged;
    ready.resolve(false);
  });

  // A shell waits until the other end of its standard input closes, which this process holds.
  const guard = new Deno.Command("/bin/sh", {
    ...surroundings,
    args: ["-c", 'read -r line; kill -s "$1" "$0"', String(child.pid), options.endSignal.slice(3)],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  // Another process may get the ended program's id.
  const dismissed = ended.then(async () => {
    signal(guard.pid, "SIGKILL");
    await guard.status;
    await guard.stdin.close().catch(() => {});
  });

  const isReady = await ready.promise;
  isStarting = false;
  if (!isReady) {
    await dismissed;
    throw new Error(`${name} did not start:\n${firstLines.join("\n")}`);
  }
  const end = async (how: Deno.Signal) => {
    if (!hasEnded) signal(child.pid, how);
    await dismissed;
  };
  return { ended, stop: () => end(options.endSignal), kill: () => end("SIGKILL") };
}
