import assert from "node:assert/strict";

/** For tests: `actual` is `expected` to within `tolerance`, relative to it. */
export function assertClose(
  actual: number | null | undefined,
  expected: number,
  tolerance: number,
): void {
  assert.ok(
    typeof actual === "number" &&
      Math.abs(actual - expected) <= tolerance * Math.max(Math.abs(expected), 1e-300),
    `${actual} is not ${expected} to within ${tolerance}`,
  );
}
