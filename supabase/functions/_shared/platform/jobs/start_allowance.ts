import type { Logger } from "../logger.ts";
import type { WorkSource } from "./work_source.ts";

/** Number of prefetched jobs that may have started without being recorded, as the queue knows it. */
export interface StartAllowance {
  readonly limit: number;
  /** Returns whether one more may start while so many are unrecorded. If not, the limit is to be doubled. */
  admits(unrecorded: number): boolean;
}

/**
 * Creates the allowance of a worker that registers with the limit `first`. The limit grows only once the
 * queue has recorded the larger one: if the worker dies, the queue writes off no more starts than it knows of.
 */
export function createStartAllowance(
  first: number,
  source: Pick<WorkSource<never, never>, "renew">,
  log: Logger,
): StartAllowance {
  let limit = first;
  let isAsking = false;
  const double = async () => {
    isAsking = true;
    try {
      if (await source.renew(2 * limit) !== null) limit *= 2;
    } catch (error) {
      log.warn("no further prefetched jobs may start before others are recorded", { error });
    }
    isAsking = false;
  };
  return {
    get limit() {
      return limit;
    },
    admits(unrecorded) {
      if (unrecorded < limit) return true;
      if (!isAsking) void double();
      return false;
    },
  };
}
