import { withoutRules } from "../compare/field_rules.ts";
import type { CompletionRequest } from "../models/calls/model_call.ts";
import { fitSchema, type FittedSchema, type SchemaRegime } from "../models/schemas/fit_schema.ts";
import { schemaSupportOf } from "../models/schemas/schema_subset.ts";
import type { JsonObject } from "../platform/json/json_value.ts";
import { writeJson } from "../platform/json/lossless_json.ts";
import type { ConfigSnapshot, SnapshotModel } from "./snapshot.ts";

/** Prompt for an image, and the schema that the provider enforces. */
export interface BenchmarkPrompt extends Pick<CompletionRequest, "prompt" | "structuredOutput"> {
  readonly regime: SchemaRegime;
}

/** Fields of a model that determine how the schema is enforced. */
export type PromptedModel =
  & Pick<SnapshotModel, "supports_structured_output">
  & Partial<Pick<SnapshotModel, "id" | "base_url_key" | "schema_regime">>;

/**
 * Returns the customer's prompt followed by the schema, the same for every model, and the part of
 * the schema that the model's provider enforces (see {@link fitSchema}). Comparison rules
 * (`x-compare`) are left out of both.
 */
export function buildPrompt(
  config: Pick<ConfigSnapshot, "prompt" | "json_schema">,
  model: PromptedModel,
): BenchmarkPrompt {
  const schema = withoutRules(config.json_schema);
  const prompt = `${config.prompt}\n\n${DEMAND}${writeJson(schema)}`;
  const fitted = model.schema_regime === "prompt" ? null : fitToModel(schema, model);
  return fitted === null || fitted.schema === null
    ? { prompt, structuredOutput: null, regime: "prompt" }
    : {
      prompt,
      structuredOutput: { schema: fitted.schema, strict: fitted.regime === "strict" },
      regime: fitted.regime,
    };
}

const DEMAND = "Answer with one JSON value and nothing else: no explanation and no code fence. " +
  "It follows this JSON Schema:\n";

/** Returns the schema as the model's provider takes it; null if the model takes none. */
function fitToModel(schema: JsonObject, model: PromptedModel): FittedSchema | null {
  if (!model.supports_structured_output) return null;
  const { base_url_key: provider = "", id = "" } = model;
  return fitSchema(schema, schemaSupportOf({ provider, model: id }));
}
