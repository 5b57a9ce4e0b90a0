import assert from "node:assert/strict";
import {
  count,
  formatPercent,
  formatPoints,
  formatTime,
  formatUsd,
  listNames,
  UNKNOWN,
} from "./format_figures.ts";

Deno.test("dollars keep three significant digits and at least two decimals", () => {
  const written = [0, 1.25, 0.05, 0.00421, 0.0000012345, 12.5, null].map(formatUsd);
  assert.deepEqual(written, ["$0", "$1.25", "$0.05", "$0.00421", "$0.00000123", "$12.50", UNKNOWN]);
});

Deno.test("times below a second are in milliseconds", () => {
  assert.deepEqual([0, 999.4, 999.6, 1_000, 12_345, null].map(formatTime), [
    "0 ms",
    "999 ms",
    "1.0 s",
    "1.0 s",
    "12.3 s",
    UNKNOWN,
  ]);
  assert.deepEqual([97.25, 100, null].map(formatPercent), ["97.3 %", "100.0 %", UNKNOWN]);
});

Deno.test("points and counts agree with their nouns, and a small gap is not called none", () => {
  assert.deepEqual([0, 0.04, 0.1, 0.96, 1, 12.34].map(formatPoints), [
    "0.0 points",
    "less than 0.1 points",
    "0.1 points",
    "1 point",
    "1 point",
    "12.3 points",
  ]);
  assert.deepEqual([0, 1, 2].map((number) => count(number, "image")), [
    "0 images",
    "1 image",
    "2 images",
  ]);
});

Deno.test("names are joined by commas and a final and", () => {
  assert.deepEqual([["A"], ["A", "B"], ["A", "B", "C"]].map(listNames), [
    "A",
    "A and B",
    "A, B and C",
  ]);
});
