import { setTimeout } from "node:timers/promises";

/** Waits for some milliseconds, or until `signal` aborts. Never rejects. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (milliseconds <= 0) return;
  await setTimeout(milliseconds, undefined, signal && { signal }).catch(() => {});
}
