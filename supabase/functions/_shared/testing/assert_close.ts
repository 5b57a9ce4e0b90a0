/** For tests: throws unless `actual` is `expected` to within `tolerance`, relative to it. */
export function assertClose(
  actual: number | null | undefined,
  expected: number,
  tolerance: number,
): void {
  // Written so that NaN and nothing at all are off too.
  if (Math.abs((actual ?? NaN) - expected) <= tolerance * Math.abs(expected)) return;
  throw new Error(`${actual} is not ${expected} to within ${tolerance}`);
}
