import { sum } from "simple-statistics";

/**
 * Returns the exact one-sided p-value of the Mann–Whitney test: the probability of ranks as high as
 * those of `higher` if both samples come from one distribution (H. B. Mann and D. R. Whitney, "On a
 * test of whether one of two random variables is stochastically larger than the other", 1947). Equal
 * values share their mean rank. The distribution is that of these ranks over all ways of dividing
 * them, so it is exact with ties too, for which the normal approximation is far off in small samples.
 *
 * @returns 0 to 1; 1 if either sample is empty.
 */
export function mannWhitneyP(higher: readonly number[], lower: readonly number[]): number {
  if (higher.length === 0 || lower.length === 0) return 1;
  const ranks = doubledRanks([...higher, ...lower]);
  const observed = sum(ranks.slice(0, higher.length));
  const total = sum(ranks);
  // ways[size][rankSum]: number of ways to choose `size` values with this sum of ranks.
  const ways = Array.from({ length: higher.length + 1 }, () => new Float64Array(total + 1));
  const none = ways[0];
  if (none !== undefined) none[0] = 1;
  for (const rank of ranks) {
    for (let size = higher.length; size > 0; size--) {
      const [to, from] = [ways[size], ways[size - 1]];
      if (to === undefined || from === undefined) continue;
      for (let at = total; at >= rank; at--) to[at] = (to[at] ?? 0) + (from[at - rank] ?? 0);
    }
  }
  const choices = ways[higher.length] ?? new Float64Array();
  return sum([...choices.subarray(observed)]) / sum([...choices]);
}

/** Returns ranks from the smallest value, doubled so that means of two are whole numbers. */
function doubledRanks(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const ranks = new Map<number, number>();
  for (const [index, value] of sorted.entries()) {
    if (ranks.has(value)) continue;
    ranks.set(value, index + 1 + sorted.lastIndexOf(value) + 1);
  }
  return values.map((value) => ranks.get(value) ?? 0);
}
