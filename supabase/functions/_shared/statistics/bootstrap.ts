import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { normalProbability, tQuantile } from "./distributions.ts";
import { CONFIDENCE, type Interval, intervalAround } from "./interval.ts";

/** Enough for both ends of a 95 % interval to settle within a few percent of its width. */
const RESAMPLES = 2_000;

/** How often each image occurs in each resample, resample by resample. */
export interface Resamples {
  readonly imageCount: number;
  readonly counts: Uint16Array;
}

/** One call's value and the index of its image. */
export interface ImageValue {
  readonly image: number;
  readonly value: number;
}

/**
 * Draws as many of the report's images as it has, with replacement, 2,000 times. Whole images are
 * drawn, since the calls on one image are alike; all models share the draws. The same seed gives
 * the same draws on every machine.
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

/** The interval of the mean of all values; null where they are of fewer than two images. */
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
 * The interval of the value at `rank` of the sorted values, from 0, where `rank` gives it for any
 * number of them, one and a half being between the second and the third; null where they are of
 * fewer than two images.
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
    // From the top, where the ranks of interest are.
    let at = -1;
    while (below > high) below -= counts[start + (images[++at] ?? 0)] ?? 0;
    const upper = falling[at] ?? NaN;
    while (below > low) below -= counts[start + (images[++at] ?? 0)] ?? 0;
    return (upper + (falling[at] ?? NaN)) / 2;
  });
}

/** How many values each image has. */
function countCalls(values: readonly ImageValue[], { imageCount }: Resamples): Uint32Array {
  const calls = new Uint32Array(imageCount);
  for (const { image } of values) calls[image] = (calls[image] ?? 0) + 1;
  return calls;
}

/**
 * The expanded percentile interval: percentiles further out than 2.5 and 97.5, so that for few
 * images it is as wide as t would make it (Hesterberg, "What Teachers Should Know about the
 * Bootstrap", arXiv:1411.5279, §4.1; `ExpandProbs` of R's `resample`). `statistic` is given how
 * often each image counts and where in that the resample begins.
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
  // A resample without any of this model's images says nothing.
  const sorted = found.filter((value) => !Number.isNaN(value)).sort();
  const skipped = Math.floor(tailShare(images) * sorted.length);
  const estimate = statistic(new Uint16Array(imageCount).fill(1), 0);
  return intervalAround(
    estimate,
    sorted[skipped] ?? estimate,
    sorted[sorted.length - 1 - skipped] ?? estimate,
  );
}

/** How much of the resamples' distribution lies beyond either end. */
function tailShare(images: number): number {
  const t = tQuantile((1 + CONFIDENCE) / 2, images - 1);
  return normalProbability(-t * Math.sqrt(images / (images - 1)));
}

/** FNV-1a, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash | 0;
}
