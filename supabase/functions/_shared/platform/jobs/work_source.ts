/** Answer of the queue to results and a wish for jobs. */
export interface Reply<Job> {
  /** Jobs that are now leased to this worker, at most as many as were wanted. */
  readonly jobs: readonly Job[];
  /** Prefetched jobs: each may start when another job of its lane has ended here, and not before. */
  readonly prefetched: readonly Job[];
  /** Ids of prefetched jobs that the worker is to give back unless they have started. */
  readonly revoked: readonly number[];
  /** Ids of jobs whose results, or starts, were not recorded because the lease had passed to another worker. */
  readonly rejected: readonly number[];
  /** Number of jobs that nobody has claimed, including those that are delayed or held back by a limit. */
  readonly waiting: number;
  /** Number of leased jobs over all workers, including those of this reply and no prefetched ones. */
  readonly inFlight: number;
  /** Milliseconds until the next delayed job is due; 0 if one is due but a limit holds it back; null if none. */
  readonly nextRunAtMs: number | null;
}

/** Queue for one worker. Each call is one round trip and one transaction. */
export interface WorkSource<Job, Result, Batch extends Reply<Job> = Reply<Job>> {
  /**
   * Announces the worker. Returns the milliseconds after which its leases end unless they are
   * renewed; null if enough workers run.
   *
   * @param unrecordedStarts number of prefetched jobs that may have started without being recorded
   */
  register(unrecordedStarts: number): Promise<number | null>;
  /** Records results, claims up to `want` jobs and, with `prefetch`, prefetches some. */
  exchange(results: readonly Result[], want: number, prefetch: boolean): Promise<Batch>;
  /**
   * Prolongs every lease of this worker. Returns their number; null if the worker was taken for dead, so
   * that its `unrecordedStarts` cannot grow.
   */
  renew(unrecordedStarts: number): Promise<number | null>;
  /** Gives all leases back, leaves, and with `chain` starts a successor if work is left. */
  release(chain: boolean): Promise<void>;
  /** Returns whether a call that threw `error` certainly changed nothing. */
  changedNothing(error: unknown): boolean;
  /** Returns whether a call that threw `error` would throw it again, however often it is repeated. */
  isFault(error: unknown): boolean;
}

/**
 * Lets a prefetched job start as soon as a slot in its lane frees up, without a round trip to the
 * database.
 */
export interface Handover<Job, Result> {
  /** Returns the lane: its jobs count against the same limits. Null: nothing follows this job. */
  laneOf(job: Job): string | null;
  idOf(job: Job): number;
  /**
   * Returns whether no prefetched job may start before this result is recorded: the provider may be
   * down. The worker then gives all prefetched jobs back.
   */
  haltsPrefetched(result: Result): boolean;
  /** Returns the result with the addition that `next` has taken its job's place. */
  passOn(result: Result, next: Job): Result;
  /** Returns the result of a job that never started. */
  giveBack(job: Job): Result;
}

/** Limits under which one job is carried out. */
export interface JobContext {
  /** Aborts when the worker must stop at once. */
  readonly signal: AbortSignal;
  /** Returns the milliseconds until then. */
  timeLeftMs(): number;
}
