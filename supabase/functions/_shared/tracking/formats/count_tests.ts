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
  readonly durationSecs: number;
}

/** Counts tests by the same rules as the totals of a run in the database. */
export function countTests(results: readonly ParsedResult[]): TestCounts {
  const counted = results.filter(({ isCounted }) => isCounted);
  const count = (...statuses: ParsedResult["status"][]) =>
    counted.filter(({ status }) => statuses.includes(status)).length;
  return {
    total: counted.length,
    passed: count("PASS"),
    failed: count("FAIL", "ERROR"),
    errors: count("ERROR"),
    skipped: count("SKIP"),
    durationSecs: results.reduce((sum, { durationSecs }) => sum + (durationSecs ?? 0), 0),
  };
}
