import type { Clock } from "../platform/clock.ts";

/** A clock for tests: time stands still until nothing is left to do, then jumps to the next timer. */
export interface VirtualClock extends Clock {
  /** Lets time pass until `work` is settled, and returns what it settles to. */
  run<T>(work: Promise<T>): Promise<T>;
}

/**
 * Makes a clock that starts at 0.
 *
 * `run` throws when the work waits for something that no timer will bring, and after `maxMs`.
 */
export function createVirtualClock(maxMs = 1e9): VirtualClock {
  let time = 0;
  let serial = 0;
  const timers = new Map<number, { readonly at: number; readonly run: () => void }>();

  const fireNext = (): boolean => {
    let next: number | null = null;
    let at = Infinity;
    for (const [id, timer] of timers) {
      if (timer.at < at) [next, at] = [id, timer.at];
    }
    const timer = next === null ? undefined : timers.get(next);
    if (next === null || timer === undefined) return false;
    timers.delete(next);
    time = Math.max(time, timer.at);
    timer.run();
    return true;
  };

  return {
    now: () => time,
    after(ms, run) {
      const id = serial++;
      timers.set(id, { at: time + Math.max(0, ms), run });
      return () => void timers.delete(id);
    },
    async run(work) {
      let isSettled = false;
      const settle = () => {
        isSettled = true;
      };
      work.then(settle, settle);
      while (true) {
        // Longer than any chain of promises between two timers.
        for (let turn = 0; turn < 100 && !isSettled; turn++) await Promise.resolve();
        if (isSettled) return await work;
        if (time > maxMs) throw new Error(`not settled after ${maxMs} ms`);
        if (!fireNext()) throw new Error("nothing is left that could settle the work");
      }
    },
  };
}
