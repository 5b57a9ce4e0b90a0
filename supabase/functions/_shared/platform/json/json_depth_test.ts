import assert from "node:assert/strict";
import fc from "fast-check";
import { findJsonProblem } from "./json_value.ts";
import { isJsonDeeperThan } from "./json_depth.ts";

Deno.test("isJsonDeeperThan() agrees with the parsed value, whatever strings contain", () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 6 }), fc.nat(6), (value, most) => {
    const limits = { depth: most, nodes: 1e9, characters: 1e9 };
    const isDeeper = findJsonProblem(value, limits) !== null;
    assert.equal(isJsonDeeperThan(JSON.stringify(value), most), isDeeper);
  }));
  assert.equal(isJsonDeeperThan(String.raw`["[[[\"[[", {"[[": "\\"}]`, 2), false);
  assert.equal(isJsonDeeperThan("[".repeat(20_000), 250), true);
});
