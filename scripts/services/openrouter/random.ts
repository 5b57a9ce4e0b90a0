/**
 * Returns a number in [0, 1) that depends only on the seed and the parts. The same question gets
 * the same answer in whatever order concurrent calls arrive, unlike with a stream of random
 * numbers.
 *
 * FNV-1a over the text, then the finaliser of MurmurHash3 to spread short inputs.
 */
export function uniform(seed: number, ...parts: readonly (string | number)[]): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const part of parts) {
    const text = String(part);
    for (let index = 0; index < text.length; index++) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    }
    hash = Math.imul(hash ^ 0x1f, 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Returns the outcome at `draw` in [0, 1), where each outcome takes its rate; beyond all, the first. */
export function pickOutcome<Outcome extends string>(
  [usual, ...others]: readonly [Outcome, ...Outcome[]],
  rates: Partial<Record<Outcome, number>>,
  draw: number,
): Outcome {
  let reached = 0;
  return others.find((outcome) => draw < (reached += rates[outcome] ?? 0)) ?? usual;
}

/** Returns a log-normal number of the given median, at most ten times it. `sigma` 0 is constant. */
export function logNormal(
  median: number,
  sigma: number,
  seed: number,
  ...parts: readonly (string | number)[]
): number {
  const first = 1 - uniform(seed, ...parts, "radius");
  const second = uniform(seed, ...parts, "angle");
  const normal = Math.sqrt(-2 * Math.log(first)) * Math.cos(2 * Math.PI * second);
  return Math.min(10 * median, median * Math.exp(sigma * normal));
}
