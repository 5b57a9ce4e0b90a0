import assert from "node:assert/strict";
import fc from "fast-check";
import { findUnsupportedFigures } from "./check_figures.ts";

function check(answer: string, rows: readonly (readonly unknown[])[], question = "") {
  const result = { columns: [], rows, row_count: rows.length, truncated: false };
  return findUnsupportedFigures(answer, question, result);
}

Deno.test("rounded, grouped and percentage forms of the rows' figures are supported", () => {
  const rows = [["openai/gpt-6-luna", 0.000042137, 91.4372, 12345.6, 0.915]];
  assert.deepEqual(
    check("GPT-6 Luna: $0.00004 a field, 91.4 %, 12,346 ms, right in 91.5 % of 1 row.", rows),
    [],
  );
  assert.deepEqual(check("It takes −3.5 points.", [[-3.5]]), []);
});

Deno.test("a number that is in no row is returned as written", () => {
  assert.deepEqual(check("It costs $0.37, or 1,999 ms, and $0.37 again.", [[0.42, 1200]]), [
    "0.37",
    "1,999",
  ]);
});

Deno.test("numbers of the question, of dates, of names and small counts are not checked", () => {
  assert.deepEqual(
    check(
      "Of the last 30 days, 2 models on 2026-11-19 at 18:45: gpt-5.4-mini.",
      [["x"]],
      "last 30 days?",
    ),
    [],
  );
});

Deno.test("every figure of the rows is supported at any rounding", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 13, max: 1e6, noNaN: true }),
      fc.integer({ min: 0, max: 6 }),
      (figure, decimals) => {
        assert.deepEqual(check(`It is ${figure.toFixed(decimals)} ms.`, [[figure]]), []);
      },
    ),
  );
});
