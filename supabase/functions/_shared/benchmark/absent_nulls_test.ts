import assert from "node:assert/strict";
import fc from "fast-check";
import { readRules } from "../compare/field_rules.ts";
import type { JsonObject, JsonValue } from "../platform/json/json_value.ts";
import { dropAbsentNulls } from "./absent_nulls.ts";
import { scoreText } from "./score_answer.ts";

const schema: JsonObject = {
  type: "object",
  properties: {
    total: { type: "number" },
    vat: { type: "string" },
    note: { type: ["string", "null"] },
    kind: { enum: ["a", null] },
    free: { description: "may be anything" },
    items: { type: "array", items: { $ref: "#/$defs/item" } },
  },
  required: ["total"],
  $defs: {
    item: {
      anyOf: [
        { type: "object", properties: { sku: { type: "string" } } },
        { type: "object", properties: { price: { type: "number" } }, required: ["price"] },
      ],
    },
  },
};

Deno.test("null counts as absent if the schema allows an absent field but no null", () => {
  const answer: JsonValue = {
    total: null,
    vat: null,
    note: null,
    kind: null,
    free: null,
    other: null,
    items: [{ sku: null, price: null }, null],
  };
  assert.deepEqual(dropAbsentNulls(answer, schema), {
    total: null,
    note: null,
    kind: null,
    free: null,
    other: null,
    items: [{ price: null }, null],
  });
});

Deno.test("an answer without nulls stays as it is", () => {
  const value = fc.jsonValue().filter((value) => !JSON.stringify(value).includes("null"));
  fc.assert(fc.property(value, (value) => {
    const json = JSON.parse(JSON.stringify(value));
    assert.deepEqual(dropAbsentNulls(json, schema), json);
  }));
});

Deno.test("an answer with nulls for absent fields scores like one without them", () => {
  const key = {
    expected: { total: 1, items: [{ sku: "x" }] },
    rules: readRules(schema),
    schema,
  };
  const named = scoreText('{"total":1,"vat":null,"items":[{"sku":"x"}]}', key);
  assert.equal(named.exact_match, true);
  assert.deepEqual(named.field_errors, []);
  assert.deepEqual(named.output_json, { total: 1, vat: null, items: [{ sku: "x" }] });
});
