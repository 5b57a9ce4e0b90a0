/**
 * Rounds off what binary fractions add to an amount in USD: 0.1 + 0.2 is 0.3. Keeps twelve digits,
 * and order: an amount within a bound is so after both are rounded.
 */
export function roundUsd(usd: number): number {
  return Number(usd.toPrecision(12));
}
