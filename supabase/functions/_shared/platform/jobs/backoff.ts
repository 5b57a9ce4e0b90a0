/** How waits grow from one try to the next. */
export interface Backoff {
  /** Milliseconds the first wait is at most. */
  readonly baseMs: number;
  /** Milliseconds no wait exceeds. */
  readonly maxMs: number;
}

/**
 * The wait before try number `tries + 1`, in milliseconds: between half of and all of a bound that
 * doubles with each try. The random half keeps workers that failed together from returning
 * together, the fixed half keeps one from returning at once.
 *
 * @param tries How many tries have failed, from 1.
 * @param random A number from 0 up to 1.
 */
export function backoffMs(tries: number, backoff: Backoff, random: number): number {
  // The exponent is bounded because 2 ** 1024 is Infinity, and Infinity × 0 no number.
  const bound = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(tries - 1, 30));
  return Math.round(bound * (0.5 + 0.5 * random));
}
