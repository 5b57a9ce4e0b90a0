import type { ParsedResult } from "./report_model.ts";

/** Tests of a run by how they ended, each counted once. */
export interface TestCounts {
  readonly total: number;
  readonly passed: number;
  /** Errors among them. */
  readonly failed: number;
  readonly errors: number;
  readonly skipped: number;
  /** Sum over all results, in seconds. */
  readonly durationSecs: number;
}

/** Counts as the database counts the totals of a run. */
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
