import { z } from "zod";

/** Interval that holds a true value with 95 % confidence, in the value's own unit. */
export const intervalSchema = z.object({ low: z.number(), high: z.number() });
export type Interval = z.infer<typeof intervalSchema>;

/** Confidence of every interval of a report. */
export const CONFIDENCE = 0.95;

/** Level of the tests: two models differ significantly if the adjusted p-value is below it. */
export const SIGNIFICANCE = 0.05;

/** Returns the interval from `low` to `high`, widened to contain `value` and cut off at the bounds. */
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
