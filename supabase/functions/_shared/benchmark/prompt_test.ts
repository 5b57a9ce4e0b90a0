import assert from "node:assert/strict";
import type { JsonObject } from "./json_value.ts";
import { buildPrompt } from "./prompt.ts";

const strict: JsonObject = {
  type: "object",
  properties: {
    total: { type: "number" },
    items: {
      type: "array",
      items: {
        type: "object",
        properties: { name: { type: ["string", "null"] } },
        required: ["name"],
        additionalProperties: false,
      },
    },
  },
  required: ["total", "items"],
  additionalProperties: false,
};

function build(json_schema: JsonObject, supports_structured_output: boolean) {
  return buildPrompt({ prompt: "Read the receipt.", json_schema }, { supports_structured_output });
}

Deno.test("a model with structured output gets the customer's prompt untouched and the schema beside it", () => {
  assert.deepEqual(build(strict, true), {
    prompt: "Read the receipt.",
    structuredOutput: { schema: strict, strict: true },
  });
});

Deno.test("a model without structured output is told in the text to answer in JSON by the schema", () => {
  const { prompt, structuredOutput } = build(strict, false);
  assert.equal(structuredOutput, null);
  assert.ok(prompt.startsWith("Read the receipt.\n\n"));
  assert.ok(prompt.includes("JSON value and nothing else"));
  assert.ok(prompt.endsWith(JSON.stringify(strict)));
});

Deno.test("a schema that describes no object goes into the text for every model", () => {
  const { prompt, structuredOutput } = build({ type: "array", items: strict }, true);
  assert.equal(structuredOutput, null);
  assert.ok(prompt.includes(JSON.stringify(strict)));
});

const lenient: [string, JsonObject][] = [
  ["an open object", { ...strict, additionalProperties: true }],
  ["an object not said to be closed", { type: "object", properties: {}, required: [] }],
  ["an optional property", { ...strict, required: ["total"] }],
  ["no list of required properties", {
    type: "object",
    properties: { a: { type: "string" } },
    additionalProperties: false,
  }],
  ["an open object in a list", {
    ...strict,
    properties: { total: { type: "number" }, items: { type: "array", items: { type: "object" } } },
  }],
  ["an open object in a choice", {
    ...strict,
    properties: { total: { anyOf: [{ type: "object" }] }, items: {} },
  }],
  ["an open object in a definition", { ...strict, $defs: { a: { type: ["object", "null"] } } }],
  ["a keyword that strict mode lacks", { ...strict, not: {} }],
];
for (const [what, schema] of lenient) {
  Deno.test(`strict mode is not asked for with ${what}`, () => {
    assert.equal(build(schema, true).structuredOutput?.strict, false);
  });
}

Deno.test("no model is told how its answer will be compared", () => {
  const ruled: JsonObject = {
    ...strict,
    properties: {
      total: { type: "number", "x-compare": { type: "number", tolerance: 1 } },
      items: { type: "array", items: { $ref: "#" } },
    },
  };
  const { structuredOutput } = build(ruled, true);
  assert.equal(structuredOutput?.strict, true);
  assert.ok(!JSON.stringify(structuredOutput).includes("x-compare"));
  assert.ok(!build(ruled, false).prompt.includes("x-compare"));
});
