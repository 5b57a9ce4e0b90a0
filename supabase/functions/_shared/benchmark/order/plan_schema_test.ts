import assert from "node:assert/strict";
import type { JsonObject, JsonValue } from "../../platform/json/json_value.ts";
import { sampleModel as model } from "../../testing/catalogue_model_sample.ts";
import type { CatalogueModel } from "./model_catalogue.ts";
import { planSchema } from "./plan_schema.ts";

function plan(json_schema: JsonObject, expected: JsonValue, models: readonly CatalogueModel[]) {
  const { regimes, warnings } = planSchema({
    json_schema,
    images: [{ path: "u/a.png", expected }],
  }, models);
  return {
    regimes: Object.fromEntries(regimes),
    warnings: warnings.map(({ path, message }) => `${path}: ${message}`),
  };
}

const closed: JsonObject = {
  type: "object",
  properties: { url: { type: "string", format: "uri" } },
  required: ["url"],
  additionalProperties: false,
};

Deno.test("one warning names the place, the provider and all its models", () => {
  const gpt = model("openai/gpt-4o");
  const mini = model("openai/gpt-4o-mini");
  const claude = model("claude", { base_url_key: "anthropic" });
  const llama = model("llama", { supports_structured_output: false });
  assert.deepEqual(plan(closed, { url: "x" }, [gpt, llama, mini, claude]), {
    regimes: {
      "openai/gpt-4o": "reduced",
      llama: "prompt",
      "openai/gpt-4o-mini": "reduced",
      claude: "prompt",
    },
    warnings: [
      "json_schema.properties.url.format: OPENAI/GPT-4O, OPENAI/GPT-4O-MINI: OpenAI does not enforce format uri. The prompt asks for it.",
      "model_ids.1: LLAMA: takes no schema. The schema is asked for in the prompt alone.",
      "json_schema: CLAUDE: Anthropic's compatible endpoint ignores schemas. The schema is asked for in the prompt alone.",
    ],
  });
});

Deno.test("a schema that is enforced whole gives no warning", () => {
  const { warnings, regimes } = plan(
    { ...closed, properties: { url: { type: "string" } } },
    { url: "x" },
    [model("openai/gpt-4o")],
  );
  assert.deepEqual(warnings, []);
  assert.deepEqual(regimes, { "openai/gpt-4o": "strict" });
});

Deno.test("a schema that would not allow an expected answer is not enforced", () => {
  const open: JsonObject = {
    type: "object",
    properties: { a: { type: "string" }, b: { type: "string" } },
    required: ["a"],
  };
  const gpt = model("openai/gpt-4o");
  assert.equal(plan(open, { a: "x" }, [gpt]).regimes["openai/gpt-4o"], "reduced");
  const { regimes, warnings } = plan(open, { a: "x", more: 1 }, [gpt]);
  assert.equal(regimes["openai/gpt-4o"], "prompt");
  assert.match(warnings[0] ?? "", /^images\.0\.expected.*would not let a model write/);
});
