import assert from "node:assert/strict";
import fc from "fast-check";
import { isSameResult } from "./compare_results.ts";

function result(rows: readonly (readonly unknown[])[]) {
  const columns = (rows[0] ?? []).map((_, index) => ({ name: `c${index}`, type: "text" }));
  return { columns, rows, row_count: rows.length, truncated: false };
}

Deno.test("isSameResult() ignores names, order and additional columns", () => {
  const reference = result([["a", 1.5], ["b", 2]]);
  assert.ok(isSameResult(reference, result([[2, "x", "b"], [1.5, "x", "a"]]), false));
});

Deno.test("isSameResult() tells the same values in other rows apart", () => {
  assert.equal(
    isSameResult(result([["a", 1], ["b", 2]]), result([["a", 2], ["b", 1]]), false),
    false,
  );
});

Deno.test("isSameResult() compares the order of rows only if asked to", () => {
  const [one, other] = [result([["a"], ["b"]]), result([["b"], ["a"]])];
  assert.ok(isSameResult(one, other, false));
  assert.equal(isSameResult(one, other, true), false);
});

Deno.test("isSameResult() allows figures to differ by rounding errors only", () => {
  assert.ok(isSameResult(result([[0.1 + 0.2]]), result([["0.3"]]), true));
  assert.equal(isSameResult(result([[91.44]]), result([[91.4]]), true), false);
});

Deno.test("isSameResult() detects a missing row, a missing column and a null", () => {
  assert.equal(isSameResult(result([["a"], ["a"]]), result([["a"]]), false), false);
  assert.equal(isSameResult(result([["a", 1]]), result([["a"]]), false), false);
  assert.equal(isSameResult(result([[null]]), result([[0]]), false), false);
  assert.ok(isSameResult(result([]), result([]), true));
});

Deno.test("isSameResult() accepts any order of rows and columns", () => {
  const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
    fc.array(
      fc.array(fc.oneof(fc.integer(), fc.string(), fc.constant(null)), {
        minLength: width,
        maxLength: width,
      }),
      { maxLength: 6 },
    )
  );
  fc.assert(fc.property(table, (rows) => {
    const mixed = rows.toReversed().map((row) => row.toReversed());
    assert.ok(isSameResult(result(rows), result(mixed), false));
  }));
});
