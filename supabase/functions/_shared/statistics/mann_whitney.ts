import { sum } from "simple-statistics";

/**
 * One-sided exact p of the Mann–Whitney test: how likely values as large as `higher`'s, by rank,
 * are where both come from one distribution (H. B. Mann and D. R. Whitney, "On a test of whether one
 * of two random variables is stochastically larger than the other", 1947). Equal values share their
 * mean rank, and the distribution is the one of these very ranks over all ways of dividing them: it
 * is exact with ties too, where the normal approximation is far off for samples this small.
 *
 * @returns 1 where either sample is empty.
 */
export function mannWhitneyP(higher: readonly number[], lower: readonly number[]): number {
  if (higher.length === 0 || lower.length === 0) return 1;
  const ranks = doubledRanks([...higher, ...lower]);
  const observed = sum(ranks.slice(0, higher.length));
  const total = sum(ranks);
  // ways[size][rankSum]: choices of so many values with this sum of ranks.
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

/** Ranks from the least, twice as large so that means of two are whole numbers. */
function doubledRanks(values: readonly number[]): number[] {
  const sorted = values.toSorted((a, b) => a - b);
  const ranks = new Map<number, number>();
  for (const [index, value] of sorted.entries()) {
    if (ranks.has(value)) continue;
    ranks.set(value, index + 1 + sorted.lastIndexOf(value) + 1);
  }
  return values.map((value) => ranks.get(value) ?? 0);
}
