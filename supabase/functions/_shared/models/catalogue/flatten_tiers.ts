/** USD per token, as decimal text so that no digit is lost on the way into the database. */
export interface ListedRates {
  readonly input: string;
  readonly cachedInput: string;
  readonly output: string;
}

/** Prices of a whole call with more input tokens than `above`. */
export interface LongContextRates extends ListedRates {
  readonly above: number;
}

/**
 * Merges a list's price tiers into one long-context price, since `models` holds one. The result has
 * the lowest threshold and the highest price of any tier, so that no call costs more than it
 * states. A single tier stays as it is.
 *
 * @returns Null if no tier changes a price.
 */
export function flattenTiers(
  base: ListedRates,
  tiers: readonly LongContextRates[],
): LongContextRates | null {
  const names = ["input", "cachedInput", "output"] as const;
  const changing = tiers.filter((tier) =>
    names.some((name) => Number(tier[name]) !== Number(base[name]))
  );
  return changing.length === 0 ? null : changing.reduce((one, other) => ({
    above: Math.min(one.above, other.above),
    input: dearer(one.input, other.input),
    cachedInput: dearer(one.cachedInput, other.cachedInput),
    output: dearer(one.output, other.output),
  }));
}

function dearer(one: string, other: string): string {
  return Number(one) >= Number(other) ? one : other;
}
