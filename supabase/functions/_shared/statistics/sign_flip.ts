import { sum } from "simple-statistics";

/** Up to here every assignment of signs is counted; the halves have 2¹⁴ sums each. */
const MOST_ENUMERATED = 28;

/** Steps of the grid on which larger samples are counted. */
const GRID_STEPS = 2 ** 15;

/** Sums this close, relative to the largest, are the same but for rounding. */
const ROUNDING = 1e-10;

/**
 * The two-sided p of the paired sign-flip test: how often differences whose signs are a matter of
 * chance have a sum as far from zero as these (Fisher, "The Design of Experiments", 1935, §21).
 * Exact for any distribution that is symmetric if the two models do not differ; no random numbers.
 *
 * Differences of zero change no sum. With at most 28 others all sign assignments are counted, by
 * the sorted sums of two halves rather than one by one. With more, the distribution of the sum is
 * built up by convolution on a grid (Pagano and Tritchler, "On obtaining permutation distributions
 * in polynomial time", JASA 78, 1983); whatever the rounding to the grid could have moved across
 * the threshold is counted, so p errs upwards only: for 50 differences by about 1 % of itself.
 */
export function signFlipP(differences: readonly number[]): number {
  const sizes = differences.map(Math.abs).filter((size) => size > 0);
  if (sizes.length === 0) return 1;
  const observed = Math.abs(sum([...differences]));
  const whole = sum(sizes);
  // A sum of signed sizes is twice the sum of the positive ones less the whole.
  const threshold = (whole + observed) / 2 - ROUNDING * whole;
  if (threshold <= whole / 2) return 1;
  const share = sizes.length <= MOST_ENUMERATED
    ? shareByHalves(sizes, threshold)
    : shareOnGrid(sizes, threshold);
  return Math.min(1, 2 * share);
}

/** The share of all subsets of `sizes` that sum to the threshold or more, counted exactly. */
function shareByHalves(sizes: readonly number[], threshold: number): number {
  const middle = sizes.length >> 1;
  const lower = subsetSums(sizes.slice(0, middle));
  const upper = subsetSums(sizes.slice(middle));
  let reached = 0;
  let from = upper.length;
  for (const one of lower) {
    while (from > 0 && one + (upper[from - 1] ?? NaN) >= threshold) from--;
    reached += upper.length - from;
  }
  return reached / 2 ** sizes.length;
}

/** The sums of all subsets, ascending: each size merges the sums without it and those with it. */
function subsetSums(sizes: readonly number[]): Float64Array {
  let sums = new Float64Array(1);
  for (const size of sizes) {
    const merged = new Float64Array(2 * sums.length);
    let without = 0;
    let within = 0;
    for (let index = 0; index < merged.length; index++) {
      const one = sums[without] ?? Infinity;
      const other = (sums[within] ?? Infinity) + size;
      if (one <= other) {
        merged[index] = one;
        without++;
      } else {
        merged[index] = other;
        within++;
      }
    }
    sums = merged;
  }
  return sums;
}

/**
 * The same share, each size rounded to the grid; at least the exact share. Counted from the other
 * end, which is as likely: what the sizes left out sum to is at most the whole less the threshold.
 */
function shareOnGrid(sizes: readonly number[], threshold: number): number {
  const step = sum([...sizes]) / GRID_STEPS;
  const weights = sizes.map((size) => Math.round(size / step));
  const drift = sum(sizes.map((size, index) => Math.abs(size - (weights[index] ?? 0) * step)));
  const most = sum(weights) - Math.ceil((threshold - drift) / step);
  const shares = new Float64Array(most + 1);
  shares[0] = 1;
  let reached = 0;
  for (const weight of weights) {
    reached = Math.min(most, reached + weight);
    for (let at = reached; at >= weight; at--) {
      shares[at] = ((shares[at] ?? 0) + (shares[at - weight] ?? 0)) / 2;
    }
    for (let at = Math.min(weight - 1, reached); at >= 0; at--) shares[at] = (shares[at] ?? 0) / 2;
  }
  return sum(Array.from(shares));
}
