/**
 * Returns the items on the Pareto frontier: those that no other item beats by being as good in every
 * respect and better in one.
 *
 * @param goods Returns an item's value in each respect; more is better.
 */
export function paretoFrontier<T>(items: readonly T[], goods: (item: T) => readonly number[]): T[] {
  const valued = items.map((item) => ({ item, values: goods(item) }));
  return valued
    .filter(({ values }) => !valued.some((other) => dominates(other.values, values)))
    .map(({ item }) => item);
}

/** Tells whether `one` is as good as `other` in every respect and better in one. */
export function dominates(one: readonly number[], other: readonly number[]): boolean {
  return one.every((value, index) => value >= (other[index] ?? Infinity)) &&
    one.some((value, index) => value > (other[index] ?? Infinity));
}
