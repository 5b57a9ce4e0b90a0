import { join } from "node:path";
import { z } from "zod";
import { whenMissing } from "../support/when_missing.ts";
import { type ConfigOverrides, loadConfig } from "./config.ts";
import { outboxDir } from "./plan_environment.ts";
import { removePostgresData } from "./postgres.ts";
import { signal, waitUntil } from "./processes.ts";
import { isStackRunning, lockStack } from "./stack_lock.ts";
import {
  findRunningStack,
  OVERRIDES_VARIABLE,
  removeState,
  type StackState,
  SUPERVISOR,
} from "./state_file.ts";
import { readLines } from "./text_lines.ts";

/** Error of a stack that did not start. The message gives the reason. */
export class StartError extends Error {
  override readonly name = "StartError";
}

const START_MS = 120_000;
const STOP_MS = 30_000;

const outcomeSchema = z.union([
  z.object({ ready: z.literal(true) }),
  z.object({ failed: z.string() }),
]);

/**
 * Starts a stack that outlives this process, or returns the one that is running.
 *
 * @param settings variables for the functions; they override this process's environment.
 * @throws {StartError} if the stack does not start.
 */
export async function startDetached(
  overrides: ConfigOverrides = {},
  settings: StackState["settings"] = {},
): Promise<{ readonly state: StackState; readonly wasRunning: boolean }> {
  const { stackDir, rootDir } = await loadConfig(overrides);
  const running = await findOnceReady(stackDir);
  if (running !== undefined) return { state: running, wasRunning: true };
  const logsDir = join(stackDir, "logs");
  await Deno.mkdir(logsDir, { recursive: true });
  // A shell is needed because Deno cannot redirect a child's standard error into a file.
  const child = new Deno.Command("/bin/sh", {
    args: [
      ...["-c", 'log=$1; shift; exec "$@" 2>>"$log"', "sh", join(logsDir, "supervisor.log")],
      ...[Deno.execPath(), "run", "-A", join(import.meta.dirname ?? ".", SUPERVISOR)],
    ],
    cwd: rootDir,
    // Not as arguments, which every user of the machine can read.
    env: { ...settings, [OVERRIDES_VARIABLE]: JSON.stringify(overrides) },
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const lines = readLines(child.stdout).getReader();
  const { value: line } = await lines.read();
  await lines.cancel();
  child.unref();
  if (line === undefined) {
    throw new StartError(`the stack's supervisor ended: see ${join(logsDir, "supervisor.log")}`);
  }
  const outcome = outcomeSchema.parse(JSON.parse(line));
  const state = await findOnceReady(stackDir);
  // If this start failed but a stack is running, another process started one first.
  if (state !== undefined) return { state, wasRunning: "failed" in outcome };
  throw new StartError(
    "failed" in outcome ? outcome.failed : "the stack stopped right after its start",
  );
}

/** Stops the stack of a directory. Returns `false` if none is running. */
export async function stopDetached(overrides: ConfigOverrides = {}): Promise<boolean> {
  const { stackDir } = await loadConfig(overrides);
  const state = await findOnceReady(stackDir);
  if (state === undefined) return false;
  signal(state.pid, "SIGTERM");
  if (!await waitUntil(async () => !await isStackRunning(stackDir), STOP_MS)) {
    signal(state.pid, "SIGKILL");
    await waitUntil(async () => !await isStackRunning(stackDir), STOP_MS);
  }
  await removeState(stackDir);
  return true;
}

/**
 * Deletes the data of a stopped stack: database, files, e-mails, payments. Keeps its keys.
 *
 * @throws {StackRunningError} if the stack is running.
 */
export async function removeData(overrides: ConfigOverrides = {}): Promise<void> {
  const config = await loadConfig(overrides);
  const lock = await lockStack(config.stackDir);
  try {
    await removePostgresData(config);
    const files = ["storage", "stripe.json"].map((name) => join(config.stackDir, name));
    for (const path of [outboxDir(config), ...files]) {
      await Deno.remove(path, { recursive: true }).catch(whenMissing(undefined));
    }
  } finally {
    await lock.stop();
  }
}

/** Returns the running stack once it is ready; undefined if none runs or it ends first. */
async function findOnceReady(stackDir: string): Promise<StackState | undefined> {
  let state: StackState | undefined;
  await waitUntil(async () => {
    state = await findRunningStack(stackDir);
    return state !== undefined || !await isStackRunning(stackDir);
  }, START_MS);
  return state;
}
