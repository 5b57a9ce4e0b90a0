import type { ConfigSnapshot, SnapshotModel } from "./config.ts";
import { withoutRules } from "../compare/field_rules.ts";
import { isJsonObject, type JsonObject, type JsonValue } from "./json_value.ts";
import type { CompletionRequest } from "./model_provider.ts";
import { writeJson } from "./lossless_json.ts";

/** What a model is told beside the image, and what its provider is to hold it to. */
export type BenchmarkPrompt = Pick<CompletionRequest, "prompt" | "structuredOutput">;

/**
 * Puts the customer's prompt and schema the way `model` takes them.
 *
 * A model with structured output gets the prompt as it is and the schema beside it; any other is
 * told in the text to answer in JSON and by which schema. So is one with structured output when the
 * schema's root is no object, since providers accept nothing else there. `strict` is asked for only
 * where the schema keeps to what strict mode takes; providers refuse the rest with a 400. How answers
 * are compared (`x-compare`) no model is told.
 */
export function buildPrompt(
  config: Pick<ConfigSnapshot, "prompt" | "json_schema">,
  model: Pick<SnapshotModel, "supports_structured_output">,
): BenchmarkPrompt {
  const { prompt } = config;
  const schema = withoutRules(config.json_schema);
  if (model.supports_structured_output && schema["type"] === "object") {
    return { prompt, structuredOutput: { schema, strict: isStrictSchema(schema) } };
  }
  const demand = "Answer with one JSON value and nothing else: no explanation and no code fence. " +
    `It follows this JSON Schema:\n${writeJson(schema)}`;
  return { prompt: `${prompt}\n\n${demand}`, structuredOutput: null };
}

const UNSUPPORTED_IN_STRICT = [
  "allOf",
  "dependentRequired",
  "dependentSchemas",
  "else",
  "if",
  "not",
  "oneOf",
  "patternProperties",
  "prefixItems",
  "then",
  "unevaluatedProperties",
];

/**
 * Whether strict mode takes the schema: every object closed and all its properties required, and no
 * keyword that strict mode lacks (OpenAI, "Structured model outputs", supported schemas).
 */
function isStrictSchema(root: JsonObject): boolean {
  const pending: JsonValue[] = [root];
  for (let schema = pending.pop(); schema !== undefined; schema = pending.pop()) {
    if (!isJsonObject(schema)) return false;
    if (UNSUPPORTED_IN_STRICT.some((keyword) => Object.hasOwn(schema, keyword))) return false;
    if (!isClosedObject(schema)) return false;
    for (const keyword of ["properties", "$defs", "definitions"]) {
      const named = schema[keyword];
      if (isJsonObject(named)) pending.push(...Object.values(named));
    }
    const { items, anyOf } = schema;
    if (items !== undefined) pending.push(items);
    if (Array.isArray(anyOf)) pending.push(...anyOf);
  }
  return true;
}

/** Whether a schema describes no object, or one whose properties are all required and no others. */
function isClosedObject(schema: JsonObject): boolean {
  const { type, properties, required, additionalProperties } = schema;
  const isObject = type === "object" || (Array.isArray(type) && type.includes("object")) ||
    properties !== undefined;
  if (!isObject) return true;
  if (additionalProperties !== false || !isJsonObject(properties)) return false;
  return Array.isArray(required) &&
    Object.keys(properties).every((property) => required.includes(property));
}
