import assert from "node:assert/strict";
import { Validator } from "@cfworker/json-schema";
import fc from "fast-check";
import type { JsonObject, JsonValue } from "../platform/json/json_value.ts";
import { boundSchema, TooManyStepsError } from "./bound_schema.ts";

const NAMES = ["a", "pattern", "enum", "$ref", "properties", "12"];
const PATTERNS = ["^a", "^\\d+$", "[.*+?^$()\\[\\]{}|\\\\/]", "e", "^$", "^[\\u0061-e]{2,}$"];
const STRINGS = ["", "a", "ab", "12", "a.b", "a|b", "(", "{2}", "\n", "ünï", "/", ...NAMES];

const scalar = fc.oneof(fc.constantFrom(...STRINGS), fc.constantFrom(null, true, 0, 1, 12));
const answers: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
})).value;

const schemas: fc.Arbitrary<JsonObject> = fc.letrec<{ schema: JsonObject }>((tie) => {
  const schema = tie("schema");
  const list = fc.array(schema, { minLength: 1, maxLength: 3 });
  const byName = fc.dictionary(fc.constantFrom(...NAMES), schema, {
    maxKeys: 3,
    noNullPrototype: true,
  });
  const leaf = fc.record({
    type: fc.constantFrom("string", "object", "array", "number"),
    pattern: fc.constantFrom(...PATTERNS),
    minLength: fc.nat(2),
    uniqueItems: fc.boolean(),
    required: fc.subarray(NAMES),
    enum: fc.array(answers, { maxLength: 3 }),
  }, { requiredKeys: [], noNullPrototype: true });
  const branch = fc.record({
    pattern: fc.constantFrom(...PATTERNS),
    properties: byName,
    patternProperties: fc.dictionary(fc.constantFrom(...PATTERNS), schema, {
      maxKeys: 3,
      noNullPrototype: true,
    }),
    additionalProperties: fc.oneof(fc.boolean(), schema),
    items: schema,
    prefixItems: list,
    anyOf: list,
    not: schema,
    $ref: fc.constantFrom("#/$defs/a", "#/$defs/pattern"),
  }, { requiredKeys: [], noNullPrototype: true });
  return { schema: fc.oneof({ maxDepth: 3, depthSize: "small" }, leaf, branch) };
}).schema;

Deno.test("a bound schema accepts and refuses the same answers as the schema, for the same reasons", () => {
  fc.assert(
    fc.property(schemas, fc.array(answers, { minLength: 1, maxLength: 3 }), (root, values) => {
      const schema = { ...root, $defs: { a: { type: "string" }, pattern: { pattern: "^a" } } };
      const bound = boundSchema(structuredClone(schema), 10_000_000);
      const ours = new Validator(bound.schema, "2020-12", false);
      const plain = new Validator(structuredClone(schema), "2020-12", false);
      for (const value of values) {
        bound.prepareFor(value);
        const [is, should] = [ours.validate(value), plain.validate(value)];
        assert.equal(is.valid, should.valid);
        const places = ({ errors }: typeof is) =>
          errors.filter(({ keywordLocation }) => !keywordLocation.includes("patternProperties"))
            .map(({ keyword, instanceLocation }) => `${instanceLocation} ${keyword}`).sort();
        assert.deepEqual(places(is), places(should));
      }
    }),
    { numRuns: 500 },
  );
});

const doubling: JsonObject = Object.fromEntries(
  Array.from({ length: 40 }, (_, level): [string, JsonObject] => {
    const next = { $ref: `#/$defs/${level + 1}` };
    return [String(level), level === 39 ? {} : { allOf: [next, next] }];
  }),
);
const long = "a".repeat(100_000);
const many = Array.from({ length: 9_000 }, (_, index) => index);
const attacks: readonly (readonly [string, JsonObject, JsonValue])[] = [
  ["references that double at each level", { $ref: "#/$defs/0", $defs: doubling }, 1],
  ["as many schemas as elements", { items: { allOf: Array(4_000).fill({}) } }, many],
  ["lists beside lists", { allOf: Array(4_000).fill({ items: {} }) }, many],
  ["elements compared over and over", { allOf: Array(500).fill({ uniqueItems: true }) }, many],
  ["lengths counted over and over", { allOf: Array(4_000).fill({ minLength: 1 }) }, long],
  ["long choices", { items: { enum: Array(9_000).fill("x") } }, many],
  ["a pattern too large to compile", { pattern: "(a{1,500}){1,500}" }, "a"],
  ["a pattern on a long text", { pattern: "(a|b){1,200}c" }, long],
];
for (const [what, schema, value] of attacks) {
  Deno.test(`validation stops if it takes too long: ${what}`, () => {
    const bound = boundSchema(schema, 5_000_000);
    assert.throws(() => {
      const validator = new Validator(bound.schema, "2020-12", false);
      bound.prepareFor(value);
      validator.validate(value);
    }, (error) => error instanceof TooManyStepsError || String(error).includes("RE2"));
  });
}

Deno.test("a pattern that would backtrack without end is decided at once", () => {
  const bound = boundSchema(
    { pattern: "^(a+)+$", patternProperties: { "^(a+)+$": false } },
    5_000_000,
  );
  const validator = new Validator(bound.schema, "2020-12", false);
  for (const text of ["a".repeat(50), `${"a".repeat(50)}!`]) {
    bound.prepareFor(text);
    assert.equal(validator.validate(text).valid, !text.endsWith("!"));
    bound.prepareFor({ [text]: 1 });
    assert.equal(validator.validate({ [text]: 1 }).valid, text.endsWith("!"));
  }
});
