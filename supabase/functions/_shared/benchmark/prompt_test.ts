import assert from "node:assert/strict";
import type { JsonObject } from "../platform/json/json_value.ts";
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
