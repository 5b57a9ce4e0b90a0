interface EdgeRuntimeGlobal {
  readonly EdgeRuntime?: { waitUntil(promise: Promise<unknown>): void };
}

/** Keeps the isolate alive until `work` is settled, also after the response was sent. */
export function waitUntil(work: Promise<unknown>): void {
  const { EdgeRuntime } = globalThis as EdgeRuntimeGlobal;
  // Plain Deno lives for as long as anything is pending.
  EdgeRuntime?.waitUntil(work);
}

/** Returns a signal that aborts when the runtime is about to end the isolate: about a second is left. */
export function shutdownSignal(): AbortSignal {
  const control = new AbortController();
  addEventListener("beforeunload", () => control.abort());
  return control.signal;
}

/**
 * Returns the milliseconds that the isolate certainly lives on.
 *
 * It may have served others before. Past half of its life the runtime sends it no more requests: so
 * one that arrives at some age shows that the life is at least twice that long.
 *
 * @param lifeMs shortest life of an isolate, in milliseconds
 * @param ageMs milliseconds since its start, at the arrival of the request
 */
export function lifeLeftMs(lifeMs: number, ageMs: number): number {
  return Math.min(lifeMs, Math.max(lifeMs - ageMs, ageMs));
}
