/**
 * Adjusts p-values for multiple tests, keeping their order. If those below 5 % are called significant,
 * at most 5 % of such families contain an error (Holm, "A simple sequentially rejective multiple test
 * procedure", Scandinavian Journal of Statistics 6, 1979).
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
