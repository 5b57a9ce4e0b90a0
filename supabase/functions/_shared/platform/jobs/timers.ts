import type { Clock } from "../clock.ts";

/** Calls `run` every `ms` milliseconds, never twice at once. Returns a function that ends it. */
export function beat(clock: Clock, ms: number, run: () => Promise<void>): () => void {
  let ended = false;
  let cancel = () => {};
  const next = () => {
    if (!ended) cancel = clock.after(ms, () => void run().then(next));
  };
  next();
  return () => {
    ended = true;
    cancel();
  };
}

/** Alarm of one sleeper. */
export interface Wake {
  call(): void;
  /** Resolves at the next call, at once if there was one since the last wait, or at the time `until`. */
  wait(until: number): Promise<void>;
}

/** Creates an alarm that was not called yet. */
export function createWake(clock: Clock): Wake {
  let called = false;
  let resume: (() => void) | null = null;
  return {
    call() {
      called = true;
      resume?.();
    },
    async wait(until) {
      if (!called) {
        await new Promise<void>((resolve) => {
          resume = resolve;
          if (until !== Infinity) {
            const cancel = clock.after(Math.max(0, until - clock.now()), resolve);
            resume = () => {
              cancel();
              resolve();
            };
          }
        });
        resume = null;
      }
      called = false;
    },
  };
}
