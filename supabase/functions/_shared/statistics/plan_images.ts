import { sampleVariance, sum } from "simple-statistics";
import { tQuantile } from "./distributions.ts";
import { differenceOf, type PairedValues } from "./model_scores.ts";
import { UNSEEN_BY_VERDICT, unseenGain } from "./unseen_gain.ts";

/** With so many images a difference that is as large as measured is seen four times in five. */
const POWER = 0.8;

/** Whoever would need more than this will not find out by adding images. */
const MOST_IMAGES = 1_000;

/** What the differences of two models vary by, image for image, in points squared. */
export interface VarianceSplit {
  /** Of the images' mean differences: what decides how many images are needed. */
  total: number;
  /** The part of it that the repeats on one image make; more repeats would lessen it. */
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
 * How many images in all it takes to tell two models apart whose paired scores differ by
 * `difference` on average and vary by `variance`, at the two-sided level `significance` and with
 * a power of 80 %, by the paired t test and beyond what images of unseen kinds may change; null
 * where more than 1,000 would not do.
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

/** The fewest images whose sign-flip test can come out below `significance`: 2^(1−n) ≤ it. */
export function fewestImages(significance: number): number {
  return Math.ceil(1 - Math.log2(significance));
}
