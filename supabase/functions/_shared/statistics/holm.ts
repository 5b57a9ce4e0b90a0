/**
 * The p values, in the order given, adjusted so that to call true whatever is below 5 % errs in at
 * most 5 % of all such families (Holm, "A simple sequentially rejective multiple test procedure",
 * Scandinavian Journal of Statistics 6, 1979).
 */
export function adjustHolm(pValues: readonly number[]): number[] {
  const order = pValues.map((pValue, index) => ({ pValue, index }))
    .sort((one, other) => one.pValue - other.pValue);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let highest = 0;
  for (const [rank, { pValue, index }] of order.entries()) {
    highest = Math.max(highest, Math.min(1, pValue * (order.length - rank)));
    adjusted[index] = highest;
  }
  return adjusted;
}
