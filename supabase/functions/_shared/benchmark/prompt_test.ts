import assert from "node:assert/strict";
import fc from "fast-check";
import { isJsonObject, type JsonObject, type JsonValue } from "../platform/json/json_value.ts";
import { buildPrompt, type PromptedModel } from "./prompt.ts";

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

function build(json_schema: JsonObject, model: Partial<PromptedModel> = {}) {
  return buildPrompt({ prompt: "Read the receipt.", json_schema }, {
    supports_structured_output: true,
    id: "openai/gpt-4o",
    base_url_key: "openrouter",
    ...model,
  });
}

Deno.test("every model gets the same prompt with the schema, however its provider enforces it", () => {
  const reduced = { ...strict, minProperties: 1 };
  for (const schema of [strict, reduced, { type: "array", items: strict }]) {
    const told = [
      build(schema),
      build(schema, { supports_structured_output: false }),
      build(schema, { base_url_key: "anthropic", id: "anthropic/claude-haiku-4-5" }),
      build(schema, { id: "google/gemini-3.5-flash" }),
    ].map(({ prompt }) => prompt);
    assert.equal(new Set(told).size, 1);
    const [prompt = ""] = told;
    assert.ok(prompt.startsWith("Read the receipt.\n\n"));
    assert.ok(prompt.includes("JSON value and nothing else"));
    assert.ok(prompt.endsWith(JSON.stringify(schema)));
  }
});

Deno.test("a schema is enforced whole if the provider supports it, else in part", () => {
  const whole = build(strict);
  assert.equal(whole.regime, "strict");
  assert.deepEqual(whole.structuredOutput, { schema: strict, strict: true });
  const part = build({ ...strict, minProperties: 1 });
  assert.equal(part.regime, "reduced");
  assert.deepEqual(part.structuredOutput, { schema: strict, strict: false });
});

Deno.test("no schema parameter is sent if the schema cannot be enforced", () => {
  const models: [JsonObject, Partial<PromptedModel>][] = [
    [strict, { supports_structured_output: false }],
    [strict, { base_url_key: "anthropic", id: "anthropic/claude-haiku-4-5" }],
    [{ type: "array", items: strict }, {}],
    // Decided at checkout, where the expected answers are known.
    [strict, { schema_regime: "prompt" }],
  ];
  for (const [schema, model] of models) {
    const { structuredOutput, regime } = build(schema, model);
    assert.equal(structuredOutput, null);
    assert.equal(regime, "prompt");
  }
});

Deno.test("a prompt holds no comparison rules", () => {
  const ruled: JsonObject = {
    ...strict,
    properties: {
      total: { type: "number", "x-compare": { type: "number", tolerance: 1 } },
      items: { type: "array", items: { $ref: "#" } },
    },
  };
  const { structuredOutput, prompt } = build(ruled);
  assert.equal(structuredOutput?.strict, true);
  assert.ok(!JSON.stringify(structuredOutput).includes("x-compare"));
  assert.ok(!prompt.includes("x-compare"));
});

/** Returns the names of the properties of a schema and of all schemas within it, in their order. */
function propertyNames(schema: JsonValue | undefined): string[] {
  if (Array.isArray(schema)) return schema.flatMap(propertyNames);
  if (!isJsonObject(schema)) return [];
  const { properties, ...rest } = schema;
  const own = isJsonObject(properties) ? properties : {};
  return [
    ...Object.keys(own),
    ...Object.values(own).flatMap(propertyNames),
    ...Object.values(rest).flatMap(propertyNames),
  ];
}

Deno.test("the fields of prompt and request are in the customer's order, whoever enforces the schema", () => {
  const name = fc.stringMatching(/^[a-z_]{1,8}$/);
  const names = fc.uniqueArray(name, { minLength: 1, maxLength: 8 });
  const toSchema = (own: readonly string[], inner: JsonObject | null): JsonObject => ({
    type: "object",
    properties: Object.fromEntries(
      own.map((
        field,
        index,
      ) => [field, index === 0 && inner !== null ? inner : { type: "string" }]),
    ),
    required: [...own],
    additionalProperties: false,
  });
  const models = [
    { base_url_key: "openrouter", id: "openai/gpt-4o" },
    { base_url_key: "openrouter", id: "google/gemini-3.5-flash" },
    { base_url_key: "openrouter", id: "anthropic/claude-haiku-4-5" },
    { base_url_key: "openai", id: "openai/gpt-6-luna" },
    { base_url_key: "groq", id: "groq/llama-4" },
    { base_url_key: "compatible", id: "compatible/own" },
  ];
  let enforced = 0;
  fc.assert(fc.property(names, names, (outer, nested) => {
    const schema = toSchema(outer, toSchema(nested, null));
    for (const model of models) {
      const { prompt, structuredOutput } = build(schema, model);
      assert.ok(prompt.endsWith(JSON.stringify(schema)));
      if (structuredOutput === null) continue;
      enforced++;
      assert.deepEqual(propertyNames(structuredOutput.schema), propertyNames(schema), model.id);
    }
  }));
  assert.ok(enforced > 100);
});
