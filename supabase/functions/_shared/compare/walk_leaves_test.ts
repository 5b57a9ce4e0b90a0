import assert from "node:assert/strict";
import type { JsonValue } from "../platform/json/json_value.ts";
import { NO_RULES } from "./field_rules.ts";
import { writePath } from "./leaf_path.ts";
import { type CompareMode, walkLeaves } from "./walk_leaves.ts";

function outcomes(expected: JsonValue, actual: JsonValue | undefined, mode: CompareMode): string[] {
  const found: string[] = [];
  walkLeaves(expected, actual, NO_RULES, {
    wantsPaths: true,
    visit(strict, relaxed, path) {
      const outcome = mode === "strict" ? strict : relaxed;
      if (outcome !== null) found.push(`${writePath(path)} ${outcome}`);
    },
  });
  return found;
}

Deno.test("leaves come in the order of the expected answer, extra ones after their siblings", () => {
  const expected = { z: 1, a: { c: [1, 2], b: null }, e: [], f: {} };
  const actual = { f: {}, x: 9, a: { b: 1, y: [8], c: [1] }, z: 1, e: [7] };
  assert.deepEqual(outcomes(expected, actual, "strict"), [
    "z correct",
    "a.c[0] correct",
    "a.c[1] missing",
    "a.b wrong",
    "a.y[0] extra",
    "e wrong",
    "f correct",
    "x extra",
  ]);
});

Deno.test("relaxed, an empty field may be absent, and an absent one empty", () => {
  const expected = { a: null, b: "", c: [], d: { e: null }, f: 1 };
  assert.deepEqual(outcomes(expected, { f: 1, g: null, h: { i: [""] } }, "relaxed"), [
    "a correct",
    "b correct",
    "c correct",
    "d.e correct",
    "f correct",
  ]);
  assert.deepEqual(outcomes(expected, { f: 1, g: null }, "strict"), [
    "a missing",
    "b missing",
    "c missing",
    "d.e missing",
    "f correct",
    "g extra",
  ]);
});

Deno.test("without an answer every leaf is missing, including empty ones", () => {
  assert.deepEqual(outcomes({ a: null, b: [1, {}] }, undefined, "relaxed"), [
    "a missing",
    "b[0] missing",
    "b[1] missing",
  ]);
});
