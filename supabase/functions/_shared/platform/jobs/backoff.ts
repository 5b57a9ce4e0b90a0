/** Bounds of waits that double from one try to the next. */
export interface Backoff {
  /** Upper bound of the first wait, in milliseconds. */
  readonly baseMs: number;
  /** Upper bound of every wait, in milliseconds. */
  readonly maxMs: number;
}

/**
 * Returns the wait before try number `tries + 1`, in milliseconds: between half of and all of a bound that
 * doubles with each try. The random half keeps workers that failed together from returning
 * together, the fixed half keeps one from returning at once.
 *
 * @param tries number of failed tries, from 1
 * @param random number from 0 up to 1
 */
export function backoffMs(tries: number, backoff: Backoff, random: number): number {
  // The exponent is bounded because 2 ** 1024 is Infinity, and Infinity × 0 no number.
  const bound = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(tries - 1, 30));
  return Math.round(bound * (0.5 + 0.5 * random));
}
