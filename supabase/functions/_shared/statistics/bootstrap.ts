import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { normalProbability, tQuantile } from "./distributions.ts";
import { CONFIDENCE, type Interval, intervalAround } from "./interval.ts";

/** With this many, both ends of a 95 % interval are stable within a few percent of its width. */
const RESAMPLES = 2_000;

/** Number of times that each image occurs in each resample, one resample after the other. */
export interface Resamples {
  readonly imageCount: number;
  readonly counts: Uint16Array;
}

/** Value of one call with the index of its image. */
export interface ImageValue {
  readonly image: number;
  readonly value: number;
}

/**
 * Draws 2,000 resamples of a report's images, each with replacement and as many images as the report
 * has. Whole images are drawn, because the calls on one image are alike. All models share the draws.
 * The same seed gives the same draws on every machine.
 */
export function resampleImages(imageCount: number, seed: string): Resamples {
  const counts = new Uint16Array(RESAMPLES * imageCount);
  const generator = xoroshiro128plus(hashText(seed));
  for (let start = 0; start < counts.length; start += imageCount) {
    for (let draw = 0; draw < imageCount; draw++) {
      const at = start + uniformInt(generator, 0, imageCount - 1);
      counts[at] = (counts[at] ?? 0) + 1;
    }
  }
  return { imageCount, counts };
}

/** Returns the interval of the mean of all values; null if they are of fewer than two images. */
export function bootstrapMean(
  values: readonly ImageValue[],
  resamples: Resamples,
): Interval | null {
  const calls = countCalls(values, resamples);
  const totals = new Float64Array(resamples.imageCount);
  for (const { image, value } of values) totals[image] = (totals[image] ?? 0) + value;
  return bootstrap(values, resamples, (counts, start) => {
    let total = 0;
    let count = 0;
    for (let image = 0; image < calls.length; image++) {
      const times = counts[start + image] ?? 0;
      total += times * (totals[image] ?? 0);
      count += times * (calls[image] ?? 0);
    }
    return total / count;
  });
}

/**
 * Returns the interval of the value at a rank of the sorted values; null if they are of fewer than
 * two images.
 *
 * @param rank Returns the rank, from 0, for a number of values. 1.5 is the mean of the second and the
 * third value.
 */
export function bootstrapRank(
  values: readonly ImageValue[],
  resamples: Resamples,
  rank: (count: number) => number,
): Interval | null {
  const calls = countCalls(values, resamples);
  const sorted = values.toSorted((one, other) => other.value - one.value);
  const images = Uint16Array.from(sorted, ({ image }) => image);
  const falling = Float64Array.from(sorted, ({ value }) => value);
  return bootstrap(values, resamples, (counts, start) => {
    let below = 0;
    for (let image = 0; image < calls.length; image++) {
      below += (counts[start + image] ?? 0) * (calls[image] ?? 0);
    }
    if (below === 0) return NaN;
    const exact = rank(below);
    const [low, high] = [Math.floor(exact), Math.ceil(exact)];
    // Counts from the top, because the ranks of interest are there.
    let at = -1;
    while (below > high) below -= counts[start + (images[++at] ?? 0)] ?? 0;
    const upper = falling[at] ?? NaN;
    while (below > low) below -= counts[start + (images[++at] ?? 0)] ?? 0;
    return (upper + (falling[at] ?? NaN)) / 2;
  });
}

/** Returns the number of values of each image. */
function countCalls(values: readonly ImageValue[], { imageCount }: Resamples): Uint32Array {
  const calls = new Uint32Array(imageCount);
  for (const { image } of values) calls[image] = (calls[image] ?? 0) + 1;
  return calls;
}

/**
 * Returns the expanded percentile interval. Its percentiles lie further out than 2.5 and 97.5, so
 * that with few images it is as wide as a t interval (Hesterberg, "What Teachers Should Know about
 * the Bootstrap", arXiv:1411.5279, §4.1; `ExpandProbs` of R's `resample`).
 *
 * @param statistic Computes the statistic of the resample that begins at `start` of `counts`.
 */
function bootstrap(
  values: readonly ImageValue[],
  { imageCount, counts }: Resamples,
  statistic: (counts: Uint16Array, start: number) => number,
): Interval | null {
  const images = new Set(values.map(({ image }) => image)).size;
  if (images < 2) return null;
  const found = new Float64Array(counts.length / imageCount);
  for (let index = 0; index < found.length; index++) {
    found[index] = statistic(counts, index * imageCount);
  }
  // A resample without any of this model's images has no value.
  const sorted = found.filter((value) => !Number.isNaN(value)).sort();
  const skipped = Math.floor(tailShare(images) * sorted.length);
  const estimate = statistic(new Uint16Array(imageCount).fill(1), 0);
  return intervalAround(
    estimate,
    sorted[skipped] ?? estimate,
    sorted[sorted.length - 1 - skipped] ?? estimate,
  );
}

/** Returns the share of the resamples that lies beyond each end of the interval. */
function tailShare(images: number): number {
  const t = tQuantile((1 + CONFIDENCE) / 2, images - 1);
  return normalProbability(-t * Math.sqrt(images / (images - 1)));
}

/** Hashes a text with FNV-1a, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash | 0;
}
