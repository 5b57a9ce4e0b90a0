import assert from "node:assert/strict";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../../platform/json/json_value.ts";
import { parsesBack } from "../../testing/parses_back.ts";
import { validateExpected } from "./validate_expected.ts";

const receipt: JsonObject = {
  type: "object",
  required: ["total"],
  additionalProperties: false,
  properties: {
    total: { type: "number" },
    "tax/vat %": { $ref: "#/$defs/rate" },
    items: {
      type: "array",
      items: { type: "object", properties: { price: { type: "number" } } },
    },
    date: { anyOf: [{ type: "string", pattern: "^\\d{4}-" }, { type: "null" }] },
  },
  $defs: { rate: { type: "number", maximum: 100 } },
};

function mismatches(schema: JsonObject, ...answers: JsonValue[]): string[] {
  const images = answers.map((expected) => ({ path: "a/b.png", expected }));
  return validateExpected(schema, images).map(({ path, code }) => `${path} ${code}`);
}

Deno.test("answers that match the schema give no mismatch", () => {
  assert.deepEqual(
    mismatches(receipt, { total: 1 }, {
      total: 2.5,
      "tax/vat %": 19,
      items: [{ price: 1 }, {}],
      date: null,
    }),
    [],
  );
});

const wrong: [string, JsonValue, string[]][] = [
  ["a field of the wrong type deep inside", { total: 1, items: [{ price: 1 }, { price: "1" }] }, [
    "images.0.expected.items.1.price schema_mismatch",
  ]],
  ["a required field that is missing", {}, ["images.0.expected schema_mismatch"]],
  ["a field the schema does not allow", { total: 1, tip: 2 }, [
    "images.0.expected.tip schema_mismatch",
  ]],
  ["a field under a reference, with a name to escape", { total: 1, "tax/vat %": 101 }, [
    "images.0.expected.tax/vat % schema_mismatch",
  ]],
  ["a choice none of whose alternatives fits", { total: 1, date: 5 }, [
    "images.0.expected.date schema_mismatch",
  ]],
  ["an answer of another type altogether", "12.50", ["images.0.expected schema_mismatch"]],
];
for (const [what, answer, paths] of wrong) {
  Deno.test(`${what} is reported once, at its own place`, () => {
    assert.deepEqual(mismatches(receipt, answer), paths);
  });
}

Deno.test("a mismatch names the image it belongs to", () => {
  assert.deepEqual(mismatches(receipt, { total: 1 }, { total: "1" }), [
    "images.1.expected.total schema_mismatch",
  ]);
});

const broken: [string, JsonObject, RegExp][] = [
  ["an endless reference", { $ref: "#" }, /without end/],
  ["a remote reference", { $ref: "https://example.com/schema" }, /outside itself/],
  ["a pattern that is no pattern", { properties: { a: { pattern: "[" } } }, /pattern|regular/i],
  ["a choice that is no list", { enum: 5 }, /cannot be applied/],
  ["a property that is null", { properties: { a: null } }, /cannot be applied/],
];
for (const [what, schema, message] of broken) {
  Deno.test(`a schema with ${what} is refused as a schema`, () => {
    const [mismatch, ...others] = validateExpected(schema, [{ path: "p", expected: { a: "x" } }]);
    assert.deepEqual(others, []);
    assert.equal(mismatch?.path, "json_schema");
    assert.equal(mismatch?.code, "schema_invalid");
    assert.match(mismatch?.message ?? "", message);
  });
}

Deno.test("an answer with thousands of mismatches gives a bounded list", () => {
  const answer = Array.from({ length: 5_000 }, () => "x");
  assert.equal(mismatches({ items: { type: "number" } }, answer).length, 50);
});

Deno.test("integers above 2^53 are checked exactly", () => {
  const [one, other] = [9007199254740993n, 9007199254740994n];
  const schema: JsonObject = {
    properties: {
      code: { type: "integer", minimum: 1, maximum: 9223372036854775807n },
      known: { enum: [one] },
      all: { type: "array", uniqueItems: true },
    },
  };
  assert.deepEqual(
    mismatches(schema, { code: one, known: one, all: [one, other, 2 ** 53] }, {
      code: -one,
      known: other,
      all: [one, one],
    }, { code: 10n ** 20n }),
    [
      "images.1.expected.code schema_mismatch",
      "images.1.expected.known schema_mismatch",
      "images.1.expected.all schema_mismatch",
      "images.2.expected.code schema_mismatch",
    ],
  );
  assert.deepEqual(mismatches({ type: "string" }, one), ["images.0.expected schema_mismatch"]);
});

Deno.test("a schema that allows everything refuses no answer", () => {
  fc.assert(fc.property(fc.jsonValue().filter(parsesBack), (value) => {
    const answer: JsonValue = JSON.parse(JSON.stringify(value));
    assert.deepEqual(mismatches({}, answer), []);
  }));
});

Deno.test("an invalid comparison rule is reported at its place", () => {
  const schema: JsonObject = {
    properties: {
      total: { "x-compare": { type: "money" } },
      note: { "x-compare": { ignore: true } },
    },
  };
  assert.deepEqual(mismatches(schema, { total: 1 }), [
    "json_schema.properties.total.x-compare.type compare_rule_invalid",
  ]);
});

Deno.test("an answer of which the rules compare nothing is reported", () => {
  const schema: JsonObject = { properties: { note: { "x-compare": { ignore: true } } } };
  assert.deepEqual(mismatches(schema, { note: "x" }, { note: "x", total: 1 }, {}), [
    "images.0.expected nothing_to_compare",
  ]);
});
