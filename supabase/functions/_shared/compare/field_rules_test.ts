import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../platform/json/json_value.ts";
import { compareRelaxed, compareStrict } from "../testing/compare_answers.ts";
import { calculateFieldAccuracy, countLeaves } from "./compare.ts";
import {
  findRuleProblems,
  isAllIgnored,
  NO_RULES,
  readRules,
  withoutRules,
} from "./field_rules.ts";

function ruled(rule: JsonObject): JsonObject {
  return { type: "object", properties: { f: { "x-compare": rule } } };
}

/** Rule, expected value, actual value, and whether they are the same strictly and relaxed. */
const pairs: [JsonObject, JsonValue, JsonValue, boolean, boolean][] = [
  [{ type: "number", tolerance: 0.01 }, 12.5, 12.51, true, true],
  [{ type: "number", tolerance: 0.01 }, 12.5, 12.52, false, false],
  [{ type: "number", tolerance: 0.01 }, 12.5, "€12,51", false, true],
  [{ type: "number", tolerance: 0.01 }, "12.50", "12.51", false, true],
  [{ type: "number", tolerance: 0.1 }, 0.1, 0.2, true, true],
  [{ type: "number" }, "12.50", "12,5", false, true],
  [{ type: "number" }, 1234, "1.234", false, false],
  [{ type: "number" }, "2024-03-25", "25 March 2024", false, false],
  [{ type: "date", format: "DD/MM/YYYY" }, "2024-04-03", "03/04/2024", false, true],
  [{ type: "date", format: "MM/DD/YYYY" }, "2024-04-03", "03/04/2024", false, false],
  [{ type: "date", format: "DD/MM/YYYY" }, "2024-04-03", "3 April 2024", false, true],
  [{ type: "date", format: "DD/MM/YYYY" }, "2024-04-03", "03.04.2024", false, false],
  [{ type: "date" }, "2024-04-03", "03/04/2024", false, false],
  [{ type: "date" }, "20240403", "20,240,403", false, false],
  [{ type: "identifier" }, "118 402", "118402", false, true],
  [{ type: "identifier" }, "118 402", "118\u00a0402", false, true],
  [{ type: "identifier" }, "AB\u201112", "AB-12", false, true],
  [{ type: "identifier" }, "AB-12", "AB12", false, false],
  [{ type: "identifier" }, "+41 44 123 45 67", "+41441234567", false, true],
  [{ type: "identifier" }, "aB3xYz", "AB3XYZ", false, false],
  [{ type: "identifier" }, "007", "7", false, false],
  [{ type: "identifier" }, "1.10", "1.1", false, false],
  [{ type: "identifier" }, "90417", 90417, false, false],
  [{ type: "identifier" }, "12-A", " 12-A", false, true],
  [{ type: "identifier" }, "12-A", "12-a", false, false],
  [{ type: "identifier" }, "3/4/2024", "03/04/2024", false, false],
  [{ type: "code" }, "CH93 0076 2011 6238 5295 7", "ch9300762011623852957", false, true],
  [{ type: "code" }, "CHE-123.456.788", "CHE123456788", false, true],
  [{ type: "code" }, "DE 123 456 789", "DE123456789", false, true],
  [{ type: "code" }, "(044) 123 45 67", "044/123-45-67", false, true],
  [{ type: "code" }, "+41 44 123", "41-44-123", false, true],
  [{ type: "code" }, "41441234567", 41441234567, false, true],
  [{ type: "code" }, "AB-\uff11\uff12", "ab12", false, true],
  [{ type: "code" }, "007", "7", false, false],
  [{ type: "code" }, "007", 7, false, false],
  [{ type: "code" }, "1.10", "1.1", false, false],
  [{ type: "code" }, "15", -15, false, false],
  [{ type: "code" }, "15", 1.5, false, false],
  [{ type: "code" }, "AB12", "AB13", false, false],
  [{ type: "code" }, "-", "/", false, false],
  [{ any: ["Zurich", "Zuerich"] }, "Z\u00fcrich", "Zurich", true, true],
  [{ any: ["Zurich"] }, "Z\u00fcrich", "ZURICH", false, true],
  [{ any: ["Zurich"] }, "Z\u00fcrich", "Geneva", false, false],
  [{ any: [12] }, "a dozen", 12, true, true],
  [{ any: [12] }, "a dozen", "12.00", false, true],
  [{ any: [null] }, "n/a", null, true, true],
  [{ any: [null] }, "n/a", "", false, true],
  [{ any: [true, "yes"] }, "Yes", true, true, true],
  [{ type: "number", tolerance: 0.1, any: [20] }, 10, 20.05, true, true],
  [{ type: "number", tolerance: 0.1, any: [20] }, 10, 15, false, false],
  [{ type: "identifier", any: ["ab"] }, "x", "AB", false, false],
  [{ type: "text" }, "1,000", "1000", false, false],
  [{ type: "text" }, "Yes", "yes ", false, true],
  [{ type: "identifier" }, null, "", false, true],
  [{ array: "ordered" }, [1, 2], [2, 1], false, false],
  [{ array: "ordered" }, [1, 2], [1, "2"], false, true],
  [{ array: "unordered" }, [1, 2], [2, 1], true, true],
  [
    { array: { key: "k" } },
    [{ k: "a", v: 1 }, { k: "b", v: 2 }],
    [{ k: "b", v: 2 }, {
      k: "a",
      v: 1,
    }],
    true,
    true,
  ],
  [{ ignore: true }, { any: "thing" }, 5, true, true],
];
for (const [rule, expected, actual, strict, relaxed] of pairs) {
  const verdict = strict ? "the same" : relaxed ? "the same only relaxed" : "not the same";
  const values = `${JSON.stringify(expected)} and ${JSON.stringify(actual)}`;
  Deno.test(`by ${JSON.stringify(rule)} ${values} are ${verdict}`, () => {
    const rules = readRules(ruled(rule));
    assert.equal(compareStrict({ f: expected }, { f: actual }, rules), strict);
    assert.equal(compareRelaxed({ f: expected }, { f: actual }, rules), relaxed);
  });
}

Deno.test("keyed elements are compared only with those of the same key, however alike others are", () => {
  const rules = readRules({ items: {}, "x-compare": { array: { key: "sku" } } });
  const expected = [{ sku: "A", n: 1, p: 5 }, { sku: "B", n: 2, p: 5 }];
  const swapped = [{ sku: "B", n: 1, p: 5 }, { sku: "C", n: 2, p: 5 }];
  assert.deepEqual(countLeaves(expected, swapped, "strict", rules), {
    correct: 2, // B and its p
    wrong: 1, // B's n
    missing: 3, // all of A
    extra: 3, // all of C
  });
  assert.deepEqual(countLeaves(expected, swapped, "strict"), {
    correct: 4,
    wrong: 2,
    missing: 0,
    extra: 0,
  });
});

Deno.test("keys in another format are the same key, and elements without a key share one", () => {
  const rules = readRules({ items: {}, "x-compare": { array: { key: "sku" } } });
  assert.ok(compareRelaxed([{ sku: "a1", n: 1 }], [{ sku: " A1", n: 1 }], rules));
  assert.ok(compareStrict([{ n: 1 }, { n: 2 }], [{ n: 2 }, { n: 1 }], rules));
});

Deno.test("ignored fields are not counted as missing, extra or wrong", () => {
  const schema: JsonObject = {
    properties: { note: { "x-compare": { ignore: true } }, total: {} },
  };
  const rules = readRules(schema);
  const none = { wrong: 0, missing: 0, extra: 0 };
  for (const given of [{ total: 1 }, { total: 1, note: "x" }, { total: 1, note: { a: [1, 2] } }]) {
    assert.deepEqual(countLeaves({ total: 1, note: "y" }, given, "strict", rules), {
      correct: 1,
      ...none,
    });
    assert.deepEqual(countLeaves({ total: 1 }, given, "strict", rules), { correct: 1, ...none });
  }
});

Deno.test("if all fields are ignored, any answer is right and no answer scores 0", () => {
  const rules = readRules({ "x-compare": { ignore: true } });
  assert.equal(calculateFieldAccuracy({ a: 1 }, "x", "strict", rules), 100);
  assert.equal(calculateFieldAccuracy({ a: 1 }, undefined, "strict", rules), 0);
});

Deno.test("nothing is left to compare only if every field is ignored", () => {
  const rules = readRules({
    properties: { a: { "x-compare": { ignore: true } }, b: { items: { $ref: "#/properties/a" } } },
  });
  assert.ok(isAllIgnored({ a: 1, b: [2] }, rules));
  for (const value of [{ a: 1, c: 2 }, { a: 1, b: [] }, {}, "x"]) {
    assert.equal(isAllIgnored(value, rules), false);
  }
});

const tolerant = { "x-compare": { type: "number", tolerance: 1 } };
const places: [string, JsonObject, JsonValue, JsonValue][] = [
  ["a nested property", { properties: { a: { properties: { b: tolerant } } } }, { a: { b: 1 } }, {
    a: { b: 2 },
  }],
  ["an array's elements", { items: tolerant }, [1], [2]],
  ["the places of a tuple", { prefixItems: [{}, tolerant] }, [1, 5], [1, 6]],
  ["what follows a tuple", { prefixItems: [{}], items: tolerant }, [1, 5], [1, 6]],
  ["any other property", { additionalProperties: tolerant }, { x: 1 }, { x: 2 }],
  ["a reference", { properties: { a: { $ref: "#/$defs/n~1m" } }, $defs: { "n/m": tolerant } }, {
    a: 1,
  }, { a: 2 }],
  [
    "a schema within itself",
    {
      properties: { n: tolerant, child: { $ref: "#" } },
    },
    { child: { child: { n: 1 } } },
    { child: { child: { n: 2 } } },
  ],
  [
    "one of several branches",
    {
      properties: { a: { anyOf: [{ type: "null" }, tolerant] } },
    },
    { a: 1 },
    { a: 2 },
  ],
];
for (const [where, schema, expected, actual] of places) {
  Deno.test(`a rule for ${where} is followed`, () => {
    assert.equal(compareStrict(expected, actual), false);
    assert.ok(compareStrict(expected, actual, readRules(schema)));
  });
}

Deno.test("a tuple is compared in order unless its rule says otherwise", () => {
  const tuple: JsonObject = { prefixItems: [{}, {}] };
  assert.equal(compareStrict([1, 2], [2, 1], readRules(tuple)), false);
  const loose: JsonObject = { ...tuple, "x-compare": { array: "unordered" } };
  assert.ok(compareStrict([1, 2], [2, 1], readRules(loose)));
});

Deno.test("a schema that refers to itself without end, or to nowhere, has no rules and no problem", () => {
  for (const reference of ["#", "#/$defs/a", "#/nowhere", "https://example.com/x", "#/%zz"]) {
    const schema: JsonObject = {
      $ref: reference,
      $defs: { a: { $ref: "#/$defs/b" }, b: { $ref: "#/$defs/a" } },
      properties: { x: { "x-compare": { type: "text" } } },
    };
    assert.equal(readRules(schema).property("y").rule.type, undefined);
    assert.deepEqual(findRuleProblems(schema), []);
  }
});

Deno.test("a schema without a rule or a number costs nothing to follow", () => {
  assert.equal(readRules({ properties: { a: { type: "string" } } }), NO_RULES);
  assert.equal(NO_RULES.property("a").element(3), NO_RULES);
});

const declared: [string, JsonValue, boolean][] = [
  ["number", "number", true],
  ["integer", "integer", true],
  ["number or null", ["number", "null"], true],
  ["string", "string", false],
  ["number or string", ["number", "string"], false],
];
for (const [what, type, isSame] of declared) {
  Deno.test(`"1.10" and "1.1" are ${isSame ? "the same" : "two things"} where the schema says ${what}`, () => {
    const rules = readRules({ properties: { n: { type: "integer" }, f: { type } } });
    assert.equal(compareRelaxed({ f: "1.10" }, { f: "1.1" }, rules), isSame);
    assert.equal(compareRelaxed({ f: "1,234.50" }, { f: "1234.5" }, rules), true);
    assert.equal(compareRelaxed({ f: "2024-03-25" }, { f: "25 March 2024" }, rules), true);
  });
}

Deno.test("a number that any branch allows is one, unless another allows text", () => {
  const of = (...branches: JsonObject[]) => readRules({ properties: { f: { anyOf: branches } } });
  const areSame = (rules: ReturnType<typeof of>) =>
    compareRelaxed({ f: "1.10" }, { f: "1.1" }, rules);
  assert.ok(areSame(of({ type: "null" }, { type: "number" })));
  assert.equal(areSame(of({ type: "string" }, { type: "number" })), false);
});

Deno.test("if null is accepted, the field may be absent, which counts as a format difference", () => {
  const rules = readRules(ruled({ any: [null] }));
  assert.ok(compareRelaxed({ f: "n/a" }, {}, rules));
  assert.equal(compareStrict({ f: "n/a" }, {}, rules), false);
  assert.equal(compareRelaxed({ f: "n/a" }, {}, readRules(ruled({ any: ["none"] }))), false);
});

const problems: [string, JsonObject, string[]][] = [
  ["an unknown type", ruled({ type: "money" }), ["json_schema.properties.f.x-compare.type"]],
  ["an unknown setting", ruled({ tolerence: 1 }), ["json_schema.properties.f.x-compare"]],
  ["a tolerance of nothing numeric", ruled({ tolerance: 1 }), [
    "json_schema.properties.f.x-compare.tolerance",
  ]],
  ["a negative tolerance", ruled({ type: "number", tolerance: -1 }), [
    "json_schema.properties.f.x-compare.tolerance",
  ]],
  ["a format that is none", ruled({ type: "date", format: "dd.mm" }), [
    "json_schema.properties.f.x-compare.format",
  ]],
  ["an array's order that is none", ruled({ array: "sorted" }), [
    "json_schema.properties.f.x-compare.array",
  ]],
  ["a rule beside ignore", ruled({ ignore: true, type: "text" }), [
    "json_schema.properties.f.x-compare.ignore",
  ]],
  ["a rule that is no object", { "x-compare": "ignore" }, ["json_schema.x-compare"]],
  ["an array's rule for a text", { type: "string", "x-compare": { array: "ordered" } }, [
    "json_schema.x-compare",
  ]],
  ["a number's rule for an object", { type: "object", "x-compare": { type: "number" } }, [
    "json_schema.x-compare",
  ]],
  ["a key that the elements lack", {
    type: "array",
    items: { properties: { id: {} } },
    "x-compare": { array: { key: "sku" } },
  }, ["json_schema.x-compare"]],
  ["no accepted value", ruled({ any: [] }), ["json_schema.properties.f.x-compare.any"]],
  ["an accepted value that is no list", ruled({ any: "x" }), [
    "json_schema.properties.f.x-compare.any",
  ]],
  ["an accepted object", ruled({ any: ["x", { a: 1 }] }), [
    "json_schema.properties.f.x-compare.any.1",
  ]],
  ["accepted values beside an array's order", ruled({ array: "ordered", any: ["x"] }), [
    "json_schema.properties.f.x-compare.array",
  ]],
  ["accepted values for an object", { type: "object", "x-compare": { any: ["x"] } }, [
    "json_schema.x-compare",
  ]],
  ["a rule where none is followed", {
    properties: { a: { not: { "x-compare": { type: "text" } } } },
  }, ["json_schema.properties.a.not.x-compare"]],
  ["each of several", {
    items: { anyOf: [{ "x-compare": { type: "x" } }, { "x-compare": { type: "y" } }] },
  }, ["json_schema.items.anyOf.0.x-compare.type", "json_schema.items.anyOf.1.x-compare.type"]],
];
for (const [what, schema, paths] of problems) {
  Deno.test(`${what} is reported at its place`, () => {
    assert.deepEqual(findRuleProblems(schema).map(({ path }) => path), paths);
  });
}

Deno.test("every rule of the tables above is without a problem", () => {
  for (const [rule] of pairs) assert.deepEqual(findRuleProblems(ruled(rule)), []);
  for (const [, schema] of places) assert.deepEqual(findRuleProblems(schema), []);
});

Deno.test("a property or a constant named x-compare is no rule", () => {
  const schema: JsonObject = {
    properties: { "x-compare": { type: "string" }, a: { const: { "x-compare": 1 } } },
  };
  assert.deepEqual(findRuleProblems(schema), []);
  assert.deepEqual(withoutRules(schema), schema);
  assert.equal(readRules(schema).property("x-compare").rule.type, undefined);
});

Deno.test("a schema without its rules is otherwise the same, and the same object if it has none", () => {
  const plain: JsonObject = { type: "object", properties: { f: {} } };
  assert.deepEqual(withoutRules(ruled({ type: "text" })), plain);
  assert.deepEqual(withoutRules(ruled({ any: ["secret"] })), plain);
  assert.equal(withoutRules(plain), plain);
});

const value = fc.constantFrom<JsonValue>(
  ...[null, "", "a", " A", 0, 1, 1.01, "1", "1.01", "$1", "007", "7", "03/04/2024", "2024-04-03"],
  ...[[], [1, 2], [2, 1], { k: 1 }, [{ k: 1 }, { k: 2 }]],
);
const rule = fc.constantFrom<JsonObject>(
  ...[{}, { type: "text" }, { type: "identifier" }, { type: "code" }, {
    type: "number",
    tolerance: 0.01,
  }],
  ...[{ type: "date", format: "DD/MM/YYYY" }, { array: "ordered" }, { array: { key: "k" } }],
);

Deno.test("under any rule the expected value is right, comparison is symmetric, and strict never accepts more", () => {
  fc.assert(
    fc.property(value, value, rule, (one, other, rule) => {
      const rules = readRules({ "x-compare": rule });
      assert.ok(compareStrict(one, structuredClone(one), rules));
      assert.equal(compareStrict(one, other, rules), compareStrict(other, one, rules));
      assert.equal(compareRelaxed(one, other, rules), compareRelaxed(other, one, rules));
      if (compareStrict(one, other, rules)) assert.ok(compareRelaxed(one, other, rules));
    }),
    { numRuns: 1_000 },
  );
});
