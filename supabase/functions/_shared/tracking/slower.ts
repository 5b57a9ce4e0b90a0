import { median, medianAbsoluteDeviation } from "simple-statistics";
import { mannWhitneyP } from "../statistics/mann_whitney.ts";

/** Values that have grown for good. */
export interface Growth {
  /** Median of those before. */
  readonly before: number;
  /** Median of the last ones. */
  readonly now: number;
  readonly ratio: number;
  /** One-sided exact p of the Mann–Whitney test. */
  readonly p: number;
}

/** A single value far above those before it. */
export interface Outlier {
  readonly value: number;
  /** Median of those before. */
  readonly usual: number;
  /** From where on a value is an outlier. */
  readonly limit: number;
}

const RECENT = 5;
const BEFORE = 20;
/** Fewer do not say what is usual. */
const LEAST_BEFORE = 10;
const P = 0.01;
const RATIO = 1.5;
/** Median absolute deviations; times 1.4826 each is a standard deviation of the normal distribution. */
const DEVIATIONS = 5;
const PER_DEVIATION = 1.4826;

/**
 * Whether the last 5 values are larger than the up to 20 before, which must be 10 at least: p below
 * 0.01, a median half as large again, and by no less than `floor`, the difference that matters.
 *
 * @param values the oldest first.
 */
export function findGrowth(values: readonly number[], floor: number): Growth | null {
  const recent = values.slice(-RECENT);
  const earlier = values.slice(0, -RECENT).slice(-BEFORE);
  if (recent.length < RECENT || earlier.length < LEAST_BEFORE) return null;
  const [before, now] = [median(earlier), median(recent)];
  if (now - before < floor || now < RATIO * before) return null;
  const p = mannWhitneyP(recent, earlier);
  return p < P ? { before, now, ratio: before === 0 ? Infinity : now / before, p } : null;
}

/**
 * Whether the last value lies far above the up to 20 before it, which must be 10 at least: beyond
 * their median by 5 deviations and by `floor`.
 *
 * @param values the oldest first.
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
