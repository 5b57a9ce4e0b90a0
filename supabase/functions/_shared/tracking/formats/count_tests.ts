import type { ParsedResult } from "./report_model.ts";

/** Numbers of tests by outcome, each test counted once. */
export interface TestCounts {
  readonly total: number;
  readonly passed: number;
  /** Includes errors. */
  readonly failed: number;
  readonly errors: number;
  readonly skipped: number;
  /** Sum over all results, in seconds. */
  readonly seconds: number;
}

/** Counts tests by the same rules as the totals of a run in the database. */
export function countTests(results: readonly ParsedResult[]): TestCounts {
  const counted = results.filter(({ is_counted }) => is_counted);
  const count = (...statuses: ParsedResult["status"][]) =>
    counted.filter(({ status }) => statuses.includes(status)).length;
  return {
    total: counted.length,
    passed: count("PASS"),
    failed: count("FAIL", "ERROR"),
    errors: count("ERROR"),
    skipped: count("SKIP"),
    seconds: results.reduce((sum, { duration_secs }) => sum + (duration_secs ?? 0), 0),
  };
}
