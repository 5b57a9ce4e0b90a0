/** Results of one test over the runs of a suite on a branch. */
export interface TestSeries {
  readonly toolName: string;
  readonly variation: string;
  readonly className: string;
  readonly provider: string;
  readonly model: string;
  /** One for each run that it ran in, the oldest first. */
  readonly points: readonly TestPoint[];
}

/** Result of a test in one run. */
export interface TestPoint {
  readonly runId: number;
  readonly commitHash: string | null;
  /** `retried`: passed after failed attempts. */
  readonly outcome: "passed" | "retried" | "failed";
  /** Seconds; null if it failed or reported none. */
  readonly durationSecs: number | null;
  /** USD; null if it failed or reported none. */
  readonly costUsd: number | null;
}

/** Runs and results of a suite on a branch. */
export interface TestHistory {
  /** The oldest first. */
  readonly runs: readonly RunPoint[];
  readonly tests: readonly TestSeries[];
}

/** Totals of one run. */
export interface RunPoint {
  readonly runId: number;
  /** Number of tests. */
  readonly passed: number;
  readonly failed: number;
}
