import { withoutRules } from "../../compare/field_rules.ts";
import {
  fitSchema,
  type FittedSchema,
  type SchemaRegime,
} from "../../models/schemas/fit_schema.ts";
import { type SchemaSupport, schemaSupportOf } from "../../models/schemas/schema_subset.ts";
import type { FieldError } from "../../platform/http/field_error.ts";
import type { JsonObject } from "../../platform/json/json_value.ts";
import type { BenchmarkImage, Configuration } from "../configuration.ts";
import type { CatalogueModel } from "./model_catalogue.ts";
import { validateExpected } from "./validate_expected.ts";

/** Enforcement of a schema for each chosen model. */
export interface SchemaPlan {
  /** Enforcement by the model's id. */
  readonly regimes: ReadonlyMap<string, SchemaRegime>;
  /** Parts of the schema that are not enforced, with the models concerned. None is an error. */
  readonly warnings: readonly FieldError[];
}

/**
 * Largest number of steps for checking the expected answers against one provider's form of the
 * schema. The check against the ordered schema may take 5 million.
 */
const STEPS = 1_000_000;

/**
 * Decides how the schema is enforced for each model. If a provider's form of the schema would not
 * allow an expected answer, only the prompt states the schema.
 */
export function planSchema(
  { json_schema, images }: Pick<Configuration, "json_schema" | "images">,
  models: readonly CatalogueModel[],
): SchemaPlan {
  const schema = withoutRules(json_schema);
  const regimes = new Map<string, SchemaRegime>();
  const warnings: FieldError[] = [];
  const groups = Map.groupBy(models.entries(), ([, model]) => keyOf(model));
  for (const members of groups.values()) {
    const [first] = members;
    if (first === undefined) continue;
    const [index, model] = first;
    const names = members.map(([, { name }]) => name).join(", ");
    if (!model.supports_structured_output) {
      for (const [, { id }] of members) regimes.set(id, "prompt");
      const message = `${names}: takes no schema. ${IN_PROMPT}`;
      warnings.push({ path: `model_ids.${index}`, code: "schema_not_enforced", message });
      continue;
    }
    const support = supportOf(model);
    const fitted = fit(schema, support, images);
    for (const [, { id }] of members) regimes.set(id, fitted.regime);
    for (const { path, reason } of fitted.losses) {
      const message = `${names}: ${nameOf(support)} ${reason}. ${
        fitted.regime === "prompt" ? IN_PROMPT : BESIDE_PROMPT
      }`;
      warnings.push({ path, code: "schema_not_enforced", message });
    }
  }
  return { regimes, warnings };
}

const IN_PROMPT = "The schema is asked for in the prompt alone.";
const BESIDE_PROMPT = "The prompt asks for it.";

function supportOf({ base_url_key, id }: CatalogueModel): SchemaSupport {
  return schemaSupportOf({ provider: base_url_key, model: id });
}

function keyOf(model: CatalogueModel): string {
  const support = supportOf(model);
  return model.supports_structured_output ? `${support.kind} ${nameOf(support)}` : "none";
}

function nameOf(support: SchemaSupport): string {
  return support.kind === "guarantees" ? support.subset.name : support.name;
}

function fit(
  schema: JsonObject,
  support: SchemaSupport,
  images: readonly BenchmarkImage[],
): FittedSchema {
  const fitted = fitSchema(schema, support);
  if (!fitted.isNarrower || support.kind !== "guarantees") return fitted;
  // Optional fields are absent in expected answers, but null in the answers that models are made to
  // write.
  const { subset } = support;
  const asWritten = fitSchema(schema, {
    ...support,
    subset: { ...subset, wantsClosed: true, wantsRequired: false },
  });
  const [mismatch] = asWritten.schema === null
    ? []
    : validateExpected(asWritten.schema, images, STEPS);
  if (mismatch === undefined) return fitted;
  return {
    regime: "prompt",
    schema: null,
    losses: [{
      path: mismatch.path,
      keyword: "",
      reason: "would not let a model write this expected answer",
    }],
    isNarrower: false,
  };
}
