import type { JsonValue } from "../platform/json/json_value.ts";
import type { LeafCounts } from "./leaf_counts.ts";

/**
 * One field that is not as expected.
 *
 * `expected` is absent where nothing was expected (an extra field), `actual` where nothing was given
 * (a missing field): absent, not null, since null is an answer.
 */
export interface FieldError {
  /**
   * As `items[0].price`, by the index in the expected array, whose extra elements are numbered after
   * its own; `$` is the whole answer. No two errors of an answer have the same path.
   */
  fieldPath: string;
  expected?: JsonValue;
  actual?: JsonValue;
  /** What was meant is right and only how it is written is not: strictly wrong, relaxed right. */
  formatOnly?: true;
}

/** How many leaves came to what, `benchmark_runs.score`. */
export interface ScoreDetail {
  strict: LeafCounts;
  relaxed: LeafCounts;
  /** Leaves that are not right strictly but are, or do not count, relaxed. */
  formatOnly: number;
  /** 0 to 100; see `scoreAnls()`. */
  anls: number;
}

/** What one answer is worth, as `benchmark_runs` keeps it. */
export interface OutputScore {
  /** Nothing wrong, missing or extra, strictly compared. */
  exactMatch: boolean;
  /** 0 to 100, relaxed; see `calculateFieldAccuracy()`. */
  fieldAccuracy: number;
  /** All that is wrong, missing or extra strictly, marked where relaxed it is right. */
  fieldErrors: FieldError[];
  detail: ScoreDetail;
}
