import { join } from "node:path";
import { z } from "zod";
import { whenMissing } from "../support/when_missing.ts";
import { commandOf } from "./processes.ts";
import { isStackRunning } from "./stack_lock.ts";

const stateSchema = z.object({
  pid: z.int().positive(),
  apiUrl: z.url(),
  dbUrl: z.string(),
  /** Origins of the local services, by name. */
  localServices: z.record(z.string(), z.url()),
  outboxDir: z.string(),
  logsDir: z.string(),
  publishableKey: z.string(),
  secretKey: z.string(),
  /** Who answers for each outside service, by its name. */
  outside: z.record(z.string(), z.enum(["real", "simulated", "missing"])),
  anonJwt: z.string(),
  serviceRoleJwt: z.string(),
  /** Ports and settings of this start; `reset` uses them again. */
  ports: z.record(z.string(), z.int()),
  settings: z.record(z.string(), z.string()),
});

/** State that the supervisor writes for the commands once its stack is ready. */
export type StackState = Readonly<z.infer<typeof stateSchema>>;

function stateFile(stackDir: string): string {
  return join(stackDir, "state.json");
}

/** Replaces the state file atomically. It contains keys, so only its owner may read it. */
export async function writeState(stackDir: string, state: StackState): Promise<void> {
  const draft = `${stateFile(stackDir)}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(draft, JSON.stringify(state, null, 2) + "\n", { mode: 0o600 });
  await Deno.rename(draft, stateFile(stackDir));
}

/** Deletes the state file if it exists. */
export async function removeState(stackDir: string): Promise<void> {
  await Deno.remove(stateFile(stackDir)).catch(whenMissing(undefined));
}

/** Returns the state of the running stack; undefined if none is running or it is not ready yet. */
export async function findRunningStack(stackDir: string): Promise<StackState | undefined> {
  if (!await isStackRunning(stackDir)) return undefined;
  const text = await Deno.readTextFile(stateFile(stackDir)).catch(() => undefined);
  const state = text === undefined ? undefined : stateSchema.parse(JSON.parse(text));
  // A state file of a killed supervisor says nothing about the stack that is starting now.
  return state !== undefined && (await commandOf(state.pid))?.includes(SUPERVISOR)
    ? state
    : undefined;
}

/** File name of the supervisor, by which its process is recognised. */
export const SUPERVISOR = "supervisor.ts";

/** Variable with the supervisor's `ConfigOverrides` as JSON. */
export const OVERRIDES_VARIABLE = "STACK_OVERRIDES";
