import assert from "node:assert/strict";
import type { JsonValue } from "../benchmark/json_value.ts";
import { type CompareMode, walkLeaves, writePath } from "./walk_leaves.ts";

function outcomes(expected: JsonValue, actual: JsonValue | undefined, mode: CompareMode): string[] {
  const found: string[] = [];
  walkLeaves(expected, actual, mode, ({ path, outcome }) => {
    found.push(`${writePath(path)} ${outcome}`);
    return true;
  });
  return found;
}

Deno.test("leaves come in the order of the expected answer, what is extra after its siblings", () => {
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

Deno.test("where there is no answer every leaf is missing, empty ones too", () => {
  assert.deepEqual(outcomes({ a: null, b: [1, {}] }, undefined, "relaxed"), [
    "a missing",
    "b[0] missing",
    "b[1] missing",
  ]);
});

Deno.test("the walk ends when it is told to", () => {
  let visited = 0;
  walkLeaves([1, 2, 3, 4], [1, 2, 3, 4], "strict", () => ++visited < 2);
  assert.equal(visited, 2);
});

Deno.test("a path is written so that it can be read back", () => {
  const at = (...steps: (string | number)[]) =>
    writePath(
      steps.reduce<Parameters<typeof writePath>[0]>((parent, step) => ({ parent, step }), null),
    );
  assert.equal(at(), "$");
  assert.equal(at("items", 0, "price"), "items[0].price");
  assert.equal(at(2, 3), "[2][3]");
  assert.equal(at("straße", "über-all", "_x1"), "straße.über-all._x1");
  assert.equal(
    at("unit price", "a.b", 'say "hi"', "0"),
    '["unit price"]["a.b"]["say \\"hi\\""]["0"]',
  );
});
