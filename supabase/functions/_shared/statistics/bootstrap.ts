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
  const totals = new Float64Array(resamples.imageCount);
  const calls = new Float64Array(resamples.imageCount);
  for (const { image, value } of values) {
    totals[image] = (totals[image] ?? 0) + value;
    calls[image] = (calls[image] ?? 0) + 1;
  }
  return bootstrap(values, resamples, (counts) => {
    let total = 0;
    let count = 0;
    for (const [image, times] of counts.entries()) {
      total += times * (totals[image] ?? 0);
      count += times * (calls[image] ?? 0);
    }
    return total / count;
  });
}

/**
 * The interval of the value at `rank` of the sorted values, from 0, where `rank` is given for any
 * number of them; null where they are of fewer than two images.
 */
export function bootstrapRank(
  values: readonly ImageValue[],
  resamples: Resamples,
  rank: (count: number) => number,
): Interval | null {
  const sorted = values.toSorted((one, other) => one.value - other.value);
  const images = Uint16Array.from(sorted, ({ image }) => image);
  const calls = new Uint32Array(resamples.imageCount);
  for (const image of images) calls[image] = (calls[image] ?? 0) + 1;
  return bootstrap(values, resamples, (counts) => {
    let count = 0;
    for (const [image, times] of counts.entries()) count += times * (calls[image] ?? 0);
    if (count === 0) return NaN;
    // From the top, since the ranks of interest are high.
    let above = count - 1 - rank(count);
    for (let at = sorted.length - 1; at >= 0; at--) {
      above -= counts[images[at] ?? 0] ?? 0;
      if (above < 0) return sorted[at]?.value ?? NaN;
    }
    return NaN;
  });
}

/**
 * The expanded percentile interval: percentiles further out than 2.5 and 97.5, so that for few
 * images it is as wide as t would make it (Hesterberg, "What Teachers Should Know about the
 * Bootstrap", arXiv:1411.5279, §4.1; `ExpandProbs` of R's `resample`).
 */
function bootstrap(
  values: readonly ImageValue[],
  { imageCount, counts }: Resamples,
  statistic: (counts: Uint16Array) => number,
): Interval | null {
  const images = new Set(values.map(({ image }) => image)).size;
  if (images < 2) return null;
  const found: number[] = [];
  for (let start = 0; start < counts.length; start += imageCount) {
    const resampled = statistic(counts.subarray(start, start + imageCount));
    // A resample without any of this model's images says nothing.
    if (!Number.isNaN(resampled)) found.push(resampled);
  }
  const sorted = Float64Array.from(found).sort();
  const skipped = Math.floor(tailShare(images) * sorted.length);
  const estimate = statistic(new Uint16Array(imageCount).fill(1));
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
