import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonValue } from "../platform/json/json_value.ts";
import { parsesBack } from "../testing/parses_back.ts";
import { scoreAnls } from "./anls.ts";
import { NO_RULES, readRules } from "./field_rules.ts";

/** Expected value, actual value, and sum over size calculated by hand from the definition. */
const scores: [string, JsonValue, JsonValue | undefined, number][] = [
  ["one letter of ten wrong", "Hello Wrld", "Hello Warl", 80],
  ["half of the letters right", "abcd", "abxy", 50],
  ["less than half of the letters right", "abc", "axy", 0],
  ["another case and white space", "ACME  Ltd", " acme ltd", 100],
  ["a number and its text", 12.5, "12.5", 100],
  ["a number one digit off", 12.5, 13.5, 75],
  ["a right and a missing field", { a: "x", b: "y" }, { a: "x" }, 50],
  ["a right and an extra field", { a: "x" }, { a: "x", b: "y" }, 50],
  ["an extra field without a value", { a: "x" }, { a: "x", b: null }, 100],
  ["nothing where nothing is", { a: null, b: "x" }, { b: "x" }, 100],
  ["a value where nothing is", { a: null, b: "x" }, { a: "y", b: "x" }, 50],
  ["a list in another order", ["ab", "cd"], ["cd", "ab"], 100],
  ["a list with one element too many", ["ab"], ["ab", "cd"], 50],
  ["a list matched by likeness", ["abcd", "wxyz"], ["wxyq", "abcd"], 87.5],
  ["objects in a list", [{ a: "x", b: "y" }, { a: "u", b: "v" }], [{ a: "u", b: "v" }], 50],
  // By likeness the small one, 1/2, comes before the large one, 2/5, though that shares more.
  [
    "objects of several sizes in a list",
    [{ a: "x", b: "y", c: "u", d: "v", e: "w" }, { a: "x" }],
    [{ a: "x", b: "y" }],
    100 / 7,
  ],
  // Neither "u" nor the other object is like the answer's; beside "u" there are five leaves, not six.
  [
    "equally unlike pairs in a list",
    [{ a: "p", b: "q" }, "u", "x"],
    [{ c: "r", d: "s" }, "x"],
    20,
  ],
  [
    "equally unlike pairs in another order",
    ["u", { a: "p", b: "q" }, "x"],
    ["x", { c: "r", d: "s" }],
    20,
  ],
  ["an empty list beside a wrong field", { a: "x", items: [] }, { a: "y", items: [] }, 0],
  ["an empty list left out", { a: "x", items: [] }, { a: "x" }, 100],
  ["an empty text for null", { a: null, b: "x" }, { a: "", b: "x" }, 100],
  ["null for an empty text", { a: "", b: "x" }, { a: null, b: "x" }, 100],
  [
    "two empty fields beside a wrong one",
    { name: "x", at: { street: null, town: null } },
    { name: "y", at: { street: null, town: null } },
    200 / 3,
  ],
  ["two empty fields for null", { name: "x", at: null }, { name: "x", at: { town: "" } }, 100],
  ["the same in a list of several texts", ["one", "two"], "two", 0],
  [
    "a list of objects, one without values",
    [{ a: false }, { b: null, c: null, d: null }],
    [{ a: false }, { b: null, c: null, d: null }],
    100,
  ],
  ["an object for a text", "x", { a: "x", b: "y" }, 0],
  ["no answer", { a: "x" }, undefined, 0],
];
for (const [what, expected, actual, score] of scores) {
  Deno.test(`ANLS* of ${what} is ${score}`, () => {
    assert.ok(Math.abs(scoreAnls(expected, actual, NO_RULES) - score) < 1e-9);
  });
}

Deno.test("an ignored field does not count towards ANLS*", () => {
  const rules = readRules({ properties: { note: { "x-compare": { ignore: true } } } });
  assert.equal(scoreAnls({ a: "x", note: "y" }, { a: "x" }, rules), 100);
  assert.equal(scoreAnls({ a: "x" }, { a: "x", note: "y" }, rules), 100);
});

Deno.test("texts too long to measure are compared for equality", () => {
  const long = "ab".repeat(50_000);
  assert.equal(scoreAnls(long, `${long}c`, NO_RULES), 0);
  assert.equal(scoreAnls(long, `${long} `, NO_RULES), 100);
});

const json = fc.jsonValue({ maxDepth: 3 }).filter(parsesBack);

Deno.test("ANLS* lies between 0 and 100 and is 100 for the expected answer", () => {
  fc.assert(
    fc.property(json, json, (one, other) => {
      const [expected, actual]: JsonValue[] = JSON.parse(JSON.stringify([one, other]));
      assert.ok(expected !== undefined && actual !== undefined);
      const score = scoreAnls(expected, actual, NO_RULES);
      assert.ok(score >= 0 && score <= 100 + 1e-9);
      assert.ok(Math.abs(scoreAnls(expected, structuredClone(expected), NO_RULES) - 100) < 1e-9);
    }),
  );
});
