import { normalQuantile } from "./distributions.ts";
import { CONFIDENCE, type Interval, intervalAround } from "./interval.ts";

/**
 * Returns Wilson's score interval of a rate that was measured over `count` independent units ("Probable
 * inference, the law of succession, and statistical inference", JASA 22, 1927). Unlike rate ± margin
 * it stays within 0 and 1 and is not empty if all or none succeeded.
 *
 * @param rate 0 to 1.
 * @param quantile Quantile of 97.5 %; by default that of the normal distribution.
 */
export function wilsonInterval(
  rate: number,
  count: number,
  quantile = normalQuantile((1 + CONFIDENCE) / 2),
): Interval {
  const square = quantile ** 2 / count;
  const centre = (rate + square / 2) / (1 + square);
  const half = (quantile / (1 + square)) * Math.sqrt((rate * (1 - rate) + square / 4) / count);
  return intervalAround(rate, centre - half, centre + half, [0, 1]);
}
