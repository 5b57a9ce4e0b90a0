import { normalQuantile } from "./distributions.ts";
import { CONFIDENCE, type Interval, intervalAround } from "./interval.ts";

/**
 * Wilson's score interval for a rate from 0 to 1 that was seen over `count` independent units
 * ("Probable inference, the law of succession, and statistical inference", JASA 22, 1927): unlike
 * rate ± margin it stays within 0 and 1 and is not empty where all or none succeeded. `quantile` is
 * that of 97.5 %, of the normal distribution unless given.
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
