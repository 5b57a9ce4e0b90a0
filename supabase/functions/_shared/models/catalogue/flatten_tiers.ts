/** USD a token, as decimal text, which loses no digit on its way into the database. */
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
 * Makes one long-context price of a list's tiers, since `models` holds one: the lowest threshold with
 * the highest price of any tier, so that no call costs more than it says. Of a single tier nothing is lost.
 *
 * @returns Null where no tier changes a price.
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
