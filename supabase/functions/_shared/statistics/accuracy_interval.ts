import { clusteredMean } from "./clustered_mean.ts";
import { tQuantile } from "./distributions.ts";
import { CONFIDENCE, type Interval, intervalAround } from "./interval.ts";
import { wilsonInterval } from "./wilson.ts";

/** Standard errors below this, in points, are rounding errors. */
const ROUNDING = 1e-9;

/**
 * Returns the 95 % interval of a mean accuracy in percent, given the runs' accuracies by image; null
 * without a run.
 *
 * It is the wider of two intervals, at each end: mean ± t times the clustered standard error, and Wilson's
 * interval with the effective number of images m(1−m)/se² and the quantile of t in place of z (Korn
 * and Graubard, "Confidence intervals for proportions with small expected number of positive counts
 * estimated from survey data", Survey Methodology 24, 1998). The first is too narrow if errors are
 * rare and large (85 to 94 % coverage), and the second covers 91 % if they differ in size. Together
 * they hold the truth in at least 94 % of the simulations of `deno task bench coverage`.
 *
 * If all images have the same accuracy, or there is only one image, the standard error is unknown.
 * Then the result is Wilson's interval with each image counted once. It is wide enough for any
 * quantity from 0 to 100, because none varies more than one that is always 0 or 100.
 */
export function accuracyInterval(images: readonly (readonly number[])[]): Interval | null {
  const estimate = clusteredMean(images);
  if (estimate === null) return null;
  const { mean, margin, standardError } = estimate;
  const rate = Math.min(1, mean / 100);
  const count = images.filter(({ length }) => length > 0).length;
  if (margin === null || standardError === null || standardError < ROUNDING) {
    return rateInterval(rate, count);
  }
  const effective = rate * (1 - rate) / (standardError / 100) ** 2;
  const wilson = wilsonInterval(rate, effective, tQuantile((1 + CONFIDENCE) / 2, count - 1));
  return intervalAround(
    mean,
    Math.min(mean - margin, 100 * wilson.low),
    Math.max(mean + margin, 100 * wilson.high),
    [0, 100],
  );
}

/**
 * Returns Wilson's interval of a rate in percent, with each image counted once. Runs on one image
 * mostly have the same result, and counting them as independent would make the interval too narrow.
 * The design effect cannot be estimated from a rate's variance between so few images (Franco, Little,
 * Louis and Slud, "Comparative Study of Confidence Intervals for Proportions in Complex Sample
 * Surveys", Journal of Survey Statistics and Methodology 7, 2019). The interval is rather too wide
 * than too narrow.
 *
 * @param rate 0 to 1.
 */
export function rateInterval(rate: number, images: number): Interval {
  const { low, high } = wilsonInterval(Math.min(1, rate), images);
  return intervalAround(100 * rate, 100 * low, 100 * high);
}
