import assert from "node:assert/strict";
import fc from "fast-check";
import { isSameResult } from "./compare_results.ts";

function result(rows: readonly (readonly unknown[])[]) {
  const columns = (rows[0] ?? []).map((_, index) => ({ name: `c${index}`, type: "text" }));
  return { columns, rows, rowCount: rows.length, truncated: false, durationMs: 1 };
}

Deno.test("names, further columns and their places do not count", () => {
  const reference = result([["a", 1.5], ["b", 2]]);
  assert.ok(isSameResult(reference, result([[2, "x", "b"], [1.5, "x", "a"]]), false));
});

Deno.test("values that belong to other rows are another result", () => {
  assert.equal(
    isSameResult(result([["a", 1], ["b", 2]]), result([["a", 2], ["b", 1]]), false),
    false,
  );
});

Deno.test("the order of rows counts where it is asked for and nowhere else", () => {
  const [one, other] = [result([["a"], ["b"]]), result([["b"], ["a"]])];
  assert.ok(isSameResult(one, other, false));
  assert.equal(isSameResult(one, other, true), false);
});

Deno.test("figures may differ by what arithmetic loses, and by no more", () => {
  assert.ok(isSameResult(result([[0.1 + 0.2]]), result([["0.3"]]), true));
  assert.equal(isSameResult(result([[91.44]]), result([[91.4]]), true), false);
});

Deno.test("a missing row, a missing column and a null are told apart from what is there", () => {
  assert.equal(isSameResult(result([["a"], ["a"]]), result([["a"]]), false), false);
  assert.equal(isSameResult(result([["a", 1]]), result([["a"]]), false), false);
  assert.equal(isSameResult(result([[null]]), result([[0]]), false), false);
  assert.ok(isSameResult(result([]), result([]), true));
});

Deno.test("a result is the same as itself in any order of rows and columns", () => {
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
