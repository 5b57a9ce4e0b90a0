import type { Backoff } from "./backoff.ts";

/** Limits of a worker. Times are in milliseconds. */
export interface WorkerLimits {
  /** Number of jobs in flight at once. */
  readonly slots: number;
  /** From the start to the end of the isolate. */
  readonly wallClockMs: number;
  /** Longest time that one job usually takes. */
  readonly jobTimeoutMs: number;
  /** Longest time that a result waits for others to be recorded with, if no slot is empty for it. */
  readonly gatherMs: number;
  /**
   * Largest number of results to be recorded whose place a prefetched job has taken. If the worker
   * dies, they are lost besides the calls in flight.
   */
  readonly mostPassedOn: number;
  /** Time after a reply of the database in which `mostPassedOn` does not apply. */
  readonly replyIsFreshMs: number;
  /**
   * Largest number of prefetched jobs that may have started without being recorded, at first. So many
   * are written off if the worker dies. It is doubled where jobs end faster than they are recorded.
   */
  readonly unrecordedStarts: number;
  /** Waits between two claims while slots are free and nothing ends. */
  readonly poll: Backoff;
  /** Waits between two tries to reach the database. */
  readonly reconnect: Backoff;
  /** Time after which a worker leaves that gets no job while others hold some. */
  readonly surplusMs: number;
  /** Longest time that an idle worker waits for the next delayed job. */
  readonly patienceMs: number;
}

export const DEFAULT_WORKER_LIMITS: WorkerLimits = {
  slots: 10,
  wallClockMs: 140_000,
  jobTimeoutMs: 60_000,
  gatherMs: 20,
  mostPassedOn: 5,
  // Without it calls of 50 ms lose 0.3 to 1.7 % of their time (exchanges of 3 to 12 ms).
  replyIsFreshMs: 50,
  unrecordedStarts: 2,
  poll: { baseMs: 250, maxMs: 2_000 },
  reconnect: { baseMs: 200, maxMs: 2_000 },
  surplusMs: 10_000,
  patienceMs: 30_000,
};

/** Times in the life of a worker, as its clock shows them. */
export interface WorkerTimes {
  /** Nothing is claimed after it. */
  readonly lastClaim: number;
  /** Jobs in flight are aborted. */
  readonly abort: number;
  /** Nothing is recorded after it. */
  readonly end: number;
}

/** Returns the times of a worker that starts at `startedAt`. */
export function planTimes(
  { wallClockMs, jobTimeoutMs }: Pick<WorkerLimits, "wallClockMs" | "jobTimeoutMs">,
  startedAt: number,
): WorkerTimes {
  // To record what was aborted and to leave.
  const margin = Math.min(10_000, wallClockMs / 10);
  return {
    // However long a job may take, half of the time is used for claiming.
    lastClaim: startedAt + Math.max(wallClockMs / 2, wallClockMs - jobTimeoutMs - margin),
    abort: startedAt + wallClockMs - margin,
    end: startedAt + wallClockMs - margin / 4,
  };
}
