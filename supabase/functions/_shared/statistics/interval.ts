/** Where a value lies with 95 % confidence, in the value's own unit. */
export interface Interval {
  low: number;
  high: number;
}

/** Of every interval of a report. */
export const CONFIDENCE = 0.95;

/** What a test may err by: a model is told apart where its adjusted p is below this. */
export const SIGNIFICANCE = 0.05;

/** Widened where it has to be so that it contains `value`, then cut off at the bounds. */
export function intervalAround(
  value: number,
  low: number,
  high: number,
  [least, most]: readonly [number, number] = [-Infinity, Infinity],
): Interval {
  return {
    low: Math.max(least, Math.min(low, value)),
    high: Math.min(most, Math.max(high, value)),
  };
}
