import { join } from "node:path";
import { waitUntil } from "./processes.ts";
import type { Service } from "./service.ts";

/** Error of a stack directory that another process already runs. */
export class StackRunningError extends Error {
  override readonly name = "StackRunningError";
}

/**
 * Locks a stack directory for this process. The kernel releases the lock when the process ends.
 *
 * @throws {StackRunningError} if another process holds the lock.
 */
export async function lockStack(stackDir: string): Promise<Service> {
  const file = await openLock(stackDir);
  // A process that only checks whether a stack runs holds the lock for an instant.
  if (!await waitUntil(() => file.tryLock(true), 200)) {
    file.close();
    throw new StackRunningError(`a stack is already running in ${stackDir}`);
  }
  let isHeld = true;
  return {
    name: "lock",
    stop() {
      if (isHeld) file.close();
      isHeld = false;
      return Promise.resolve();
    },
  };
}

/** Returns whether a process runs a stack in the directory. */
export async function isStackRunning(stackDir: string): Promise<boolean> {
  const file = await openLock(stackDir);
  try {
    return !await file.tryLock(true);
  } finally {
    file.close();
  }
}

async function openLock(stackDir: string): Promise<Deno.FsFile> {
  await Deno.mkdir(stackDir, { recursive: true });
  return await Deno.open(join(stackDir, "lock"), { create: true, write: true });
}
