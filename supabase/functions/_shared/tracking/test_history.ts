/** One test, over the runs of a suite on a branch. */
export interface TestSeries {
  readonly toolName: string;
  readonly variation: string;
  readonly className: string;
  readonly provider: string;
  readonly model: string;
  /** Where it ran, the oldest first. */
  readonly points: readonly TestPoint[];
}

/** What a test did in one run. */
export interface TestPoint {
  readonly runId: number;
  readonly commitHash: string | null;
  /** `retried`: it passed, after attempts that failed. */
  readonly outcome: "passed" | "retried" | "failed";
  /** Seconds; null unless it passed and said. */
  readonly durationSecs: number | null;
  /** USD; null unless it passed and said. */
  readonly costUsd: number | null;
}

/** What a suite did on a branch. */
export interface TestHistory {
  /** The oldest first. */
  readonly runs: readonly RunPoint[];
  readonly tests: readonly TestSeries[];
}

/** How one run went. */
export interface RunPoint {
  readonly runId: number;
  /** Tests. */
  readonly passed: number;
  readonly failed: number;
}
