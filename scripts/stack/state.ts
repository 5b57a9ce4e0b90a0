import { join } from "node:path";
import { z } from "zod";
import { commandOf } from "./processes.ts";
import { isStackRunning } from "./stack_lock.ts";

const stateSchema = z.object({
  pid: z.int().positive(),
  apiUrl: z.url(),
  dbUrl: z.string(),
  /** Name to origin. */
  standIns: z.record(z.string(), z.url()),
  outboxDir: z.string(),
  logsDir: z.string(),
  publishableKey: z.string(),
  secretKey: z.string(),
  anonJwt: z.string(),
  serviceRoleJwt: z.string(),
  /** Ports and settings it was started with: `reset` starts it with them again. */
  ports: z.record(z.string(), z.int()),
  settings: z.record(z.string(), z.string()),
});

/** What a supervisor leaves for the commands, once its stack is ready. */
export type StackState = Readonly<z.infer<typeof stateSchema>>;

function stateFile(stackDir: string): string {
  return join(stackDir, "state.json");
}

/** Replaces the state at one stroke. It holds keys: only its owner may read it. */
export async function writeState(stackDir: string, state: StackState): Promise<void> {
  const draft = `${stateFile(stackDir)}.${crypto.randomUUID()}`;
  await Deno.writeTextFile(draft, JSON.stringify(state, null, 2) + "\n", { mode: 0o600 });
  await Deno.rename(draft, stateFile(stackDir));
}

/** Forgets the state, where there is one. */
export async function removeState(stackDir: string): Promise<void> {
  await Deno.remove(stateFile(stackDir)).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

/** Returns the state of the supervisor that runs, or nothing when none does or it is not ready yet. */
export async function findRunningStack(stackDir: string): Promise<StackState | undefined> {
  if (!await isStackRunning(stackDir)) return undefined;
  const text = await Deno.readTextFile(stateFile(stackDir)).catch(() => undefined);
  const state = text === undefined ? undefined : stateSchema.parse(JSON.parse(text));
  // A state that a killed supervisor left tells nothing about the one that starts now.
  return state !== undefined && (await commandOf(state.pid))?.includes(SUPERVISOR)
    ? state
    : undefined;
}

/** The supervisor's file, by which its process is known. */
export const SUPERVISOR = "supervisor.ts";
