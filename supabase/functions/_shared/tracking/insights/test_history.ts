import type { TestName } from "./test_insights.ts";

/** Results of one test over the runs of a suite on a branch. */
export interface TestSeries extends TestName {
  /** One for each run that it ran in, the oldest first. */
  readonly points: readonly TestPoint[];
}

/** Result of a test in one run. */
export interface TestPoint {
  readonly run_id: number;
  readonly commit_hash: string | null;
  /** `retried`: passed after failed attempts. */
  readonly outcome: "passed" | "retried" | "failed";
  /** Seconds; null if it failed or reported none. */
  readonly duration_secs: number | null;
  /** USD; null if it failed or reported none. */
  readonly cost_usd: number | null;
}

/** Runs and results of a suite on a branch. */
export interface TestHistory {
  /** The oldest first. */
  readonly runs: readonly RunPoint[];
  readonly tests: readonly TestSeries[];
}

/** Totals of one run. */
export interface RunPoint {
  readonly run_id: number;
  /** Number of tests. */
  readonly tests_passed: number;
  readonly tests_failed: number;
}
