import { median, medianAbsoluteDeviation } from "simple-statistics";
import { mannWhitneyP } from "../../statistics/mann_whitney.ts";
import type { Growth, Outlier } from "./test_insights.ts";

const RECENT = 5;
const BEFORE = 20;
/** Fewest earlier values that a baseline is computed from. */
const LEAST_BEFORE = 10;
const P = 0.01;
const RATIO = 1.5;
/** Standard deviations above the median at which outliers begin. */
const DEVIATIONS = 5;
/** Standard deviation of a normal distribution, in median absolute deviations. */
const PER_DEVIATION = 1.4826;

/**
 * Finds out if the last 5 values are larger than the 10 to 20 values before them. All of these must
 * hold: p < 0.01, a median at least 1.5 times as large, and a difference of at least `floor`.
 *
 * @param values the oldest first.
 * @returns null if they are not larger, or if there are too few values.
 */
export function findGrowth(values: readonly number[], floor: number): Growth | null {
  const recent = values.slice(-RECENT);
  const earlier = values.slice(0, -RECENT).slice(-BEFORE);
  if (recent.length < RECENT || earlier.length < LEAST_BEFORE) return null;
  const [before, now] = [median(earlier), median(recent)];
  if (now - before < floor || now < RATIO * before) return null;
  const p = mannWhitneyP(recent, earlier);
  return p < P ? { before, now, ratio: before === 0 ? null : now / before, p } : null;
}

/**
 * Finds out if the last value lies far above the 10 to 20 values before it: above their median by more
 * than 5 standard deviations (estimated from the median absolute deviation) and more than `floor`.
 *
 * @param values the oldest first.
 * @returns null if it does not, or if there are too few values.
 */
export function findOutlier(values: readonly number[], floor: number): Outlier | null {
  const value = values.at(-1);
  const earlier = values.slice(0, -1).slice(-BEFORE);
  if (value === undefined || earlier.length < LEAST_BEFORE) return null;
  const usual = median(earlier);
  const spread = DEVIATIONS * PER_DEVIATION * medianAbsoluteDeviation(earlier);
  const limit = usual + Math.max(spread, floor);
  return value > limit ? { value, usual, limit } : null;
}
