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
  /** 0 where nothing varies; positive where few images lie far above the others. */
  readonly skewness: number;
}

/** Sums up the differences of two models; null for fewer than two images. */
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
 * Returns how far the true difference may lie above the mean with the one-sided chance `level`, in
 * points; with `side` −1, how far below.
 *
 * Student's t, lengthened on the side of the long tail by what its skewness makes the mean miss:
 * se·(t + g·(1+2t²)/(6√n)) (Johnson, "Modified t tests and confidence intervals for asymmetrical
 * populations", JASA 73, 1978; Hall, "On the removal of skewness by transformation", JRSS B 54,
 * 1992). The other side is not shortened. Without it 5.4 of 100 reports of 30 images called the best
 * model worse where its rivals fail on 15 % of the pages, with it 1.0.
 */
export function marginOf(difference: PairedDifference, level: number, side: 1 | -1): number {
  const { standardError, differences: { length } } = difference;
  const t = tQuantile(1 - level, length - 1);
  return standardError * (t + skewTerm(difference, side) * (1 + 2 * t ** 2));
}

/** The level at which {@link marginOf} just reaches from the mean to zero; at most one half. */
export function levelAtZero(difference: PairedDifference): number {
  const { mean, standardError, differences: { length } } = difference;
  if (mean === 0) return 0.5;
  if (standardError === 0) return 0;
  const reach = Math.abs(mean) / standardError;
  const skew = skewTerm(difference, mean < 0 ? 1 : -1);
  // The positive root of 2·skew·t² + t + skew = reach, written so that it holds for skew = 0 too.
  const rest = Math.max(0, reach - skew);
  const t = 2 * rest / (1 + Math.sqrt(1 + 8 * skew * rest));
  // t's probability at zero may come out a hair above one half.
  return Math.min(0.5, tProbability(-t, length - 1));
}

function skewTerm({ skewness, differences: { length } }: PairedDifference, side: 1 | -1): number {
  return Math.max(0, side * skewness) / (6 * Math.sqrt(length));
}
