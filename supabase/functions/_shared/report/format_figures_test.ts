import assert from "node:assert/strict";
import { formatPercent, formatTime, formatUsd, UNKNOWN } from "./format_figures.ts";

Deno.test("dollars keep three significant digits and at least two decimals", () => {
  const written = [0, 1.25, 0.05, 0.00421, 0.0000012345, 12.5, null].map(formatUsd);
  assert.deepEqual(written, ["$0", "$1.25", "$0.05", "$0.00421", "$0.00000123", "$12.50", UNKNOWN]);
});

Deno.test("times below a second are in milliseconds", () => {
  assert.deepEqual([0, 999, 1_000, 12_345, null].map(formatTime), [
    "0 ms",
    "999 ms",
    "1.0 s",
    "12.3 s",
    UNKNOWN,
  ]);
  assert.deepEqual([97.25, 100, null].map(formatPercent), ["97.3 %", "100.0 %", UNKNOWN]);
});
