import { sampleVariance, sum } from "simple-statistics";
import { tQuantile } from "./distributions.ts";
import { differenceOf, type PairedValues } from "./model_scores.ts";
import { UNSEEN_BY_VERDICT, unseenGain } from "./unseen_gain.ts";

/** Probability of detecting a difference that is as large as measured. */
const POWER = 0.8;

/** Largest number of images that is suggested. */
const MOST_IMAGES = 1_000;

/** Variance of the differences of two models over images, in points squared. */
interface VarianceSplit {
  /** Variance of the images' mean differences, which decides how many images are needed. */
  total: number;
  /** Part of it that comes from repeats on one image; more repeats would reduce it. */
  repeats: number;
}

/** Splits the variance of the differences; null for fewer than two images. */
export function splitVariance(pairs: readonly PairedValues[]): VarianceSplit | null {
  if (pairs.length < 2) return null;
  const total = sampleVariance(pairs.map(differenceOf));
  const noise = pairs.map(([one, other]) => noiseOfMean(one) + noiseOfMean(other));
  return { total, repeats: Math.min(total, sum(noise) / pairs.length) };
}

function noiseOfMean(values: readonly number[]): number {
  return values.length < 2 ? 0 : sampleVariance([...values]) / values.length;
}

/**
 * Returns the total number of images with which a difference between two models would be significant
 * with a power of 80 %; null if more than 1,000 would be needed. The paired t test has to exclude 0
 * by more than images of unseen kinds may change.
 *
 * @param difference Mean of the paired differences, in points.
 * @param variance Variance of the paired differences, in points squared.
 * @param significance Two-sided level, 0 to 1.
 */
export function imagesToTell(
  difference: number,
  variance: number,
  significance: number,
): number | null {
  const isEnough = (images: number) => {
    const standardError = Math.sqrt(variance / images);
    const bound = Math.max(
      tQuantile(1 - significance / 2, images - 1) * standardError,
      unseenGain(images, UNSEEN_BY_VERDICT),
    );
    return Math.abs(difference) >= bound + tQuantile(POWER, images - 1) * standardError;
  };
  let [low, high] = [fewestImages(significance), MOST_IMAGES];
  if (difference === 0 || low > high || !isEnough(high)) return null;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isEnough(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

/**
 * Returns the smallest number n of images with which the sign-flip test can reach `significance`, that
 * is, 2^(1−n) ≤ significance.
 */
export function fewestImages(significance: number): number {
  return Math.ceil(1 - Math.log2(significance));
}
