import assert from "node:assert/strict";
import { findTooLarge } from "./function_sizes.ts";

Deno.test("a function that grew too large is found with the packages that make it so", () => {
  const small = { name: "small", compressed: 1_000_000, packages: new Map([["zod@4", 1]]) };
  const large = {
    name: "large",
    compressed: 1_250_000,
    packages: new Map([["source", 120_000], ["tiny@1", 900], ["huge@2", 2_400_000]]),
  };
  assert.deepEqual(findTooLarge("built", [small, large], 1e6), [
    "large, built: 1.25 MB compressed, over 1.00. Largest: huge@2 2.40, source 0.12, tiny@1 0.00",
  ]);
});
