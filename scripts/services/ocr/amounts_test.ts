import assert from "node:assert/strict";
import fc from "fast-check";
import { findAmounts, parseNumber } from "./amounts.ts";

Deno.test("findAmounts() reads every country's way to write an amount", () => {
  const cases: [string, number[]][] = [
    ["$1,284.50", [1284.5]],
    ["1.284,50 €", [1284.5]],
    ["1'284.50", [1284.5]],
    ["1 284,50 EUR", [1284.5]],
    ["¥4,380", [4380]],
    ["CHF 12.-", [12]],
    ["-3.00", [-3]],
    ["$-3.00", [-3]],
    ["12,345,678.90", [12345678.9]],
    ["2 @ 5.99   11.98", [2, 5.99, 11.98]],
    ["$463.32USD", [463.32]],
  ];
  for (const [text, expected] of cases) {
    assert.deepEqual(findAmounts(text).map((amount) => amount.value), expected, text);
  }
});

Deno.test("findAmounts() repairs amounts that an engine split or read without a mark", () => {
  const cases: [string, number][] = [
    ["842 . 21", 842.21],
    ["30. 63", 30.63],
    ["£24 70", 24.7],
    ["1.13240€", 1132.4],
  ];
  for (const [text, expected] of cases) {
    assert.equal(findAmounts(text).at(-1)?.value, expected, text);
  }
});

Deno.test("findAmounts() does not take a percentage, date, time or identifier for an amount", () => {
  for (const text of ["TAX 5.5%", "19 %", "12/05/2026", "17:42", "MC-2026-00417", "#4417"]) {
    assert.deepEqual(findAmounts(text), [], text);
  }
});

Deno.test("parseNumber() reads back any amount of cents in four notations", () => {
  const notations: [string, string][] = [[",", "."], [".", ","], ["'", "."], [" ", ","]];
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 999_999_999 }),
    fc.constantFrom(...notations),
    (cents, [group, decimal]) => {
      const whole = Math.floor(cents / 100).toString().replaceAll(/\B(?=(\d{3})+$)/g, group);
      const text = `${whole}${decimal}${(cents % 100).toString().padStart(2, "0")}`;
      assert.equal(parseNumber(text)?.value, cents / 100);
    },
  ));
});
