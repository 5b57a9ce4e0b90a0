import { z } from "zod";
import { REASONING } from "../models/calls/reasoning.ts";
import { dataPolicySchema } from "../models/data_policy.ts";
import { modelPricesSchema } from "../models/model_prices.ts";
import { SCHEMA_REGIMES } from "../models/schemas/fit_schema.ts";
import { jsonObjectSchema } from "../platform/json/json_value.ts";
import {
  BENCHMARK_LIMITS,
  benchmarkImageSchema,
  imagePathSchema,
  percentageSchema,
  prioritiesSchema,
  promptSchema,
  runsPerModelSchema,
  STRATEGIES,
} from "./configuration.ts";

const usdSchema = z.number().nonnegative();

/** Model as frozen at checkout, with its prices and the estimated cost of one run. */
export const snapshotModelSchema = modelPricesSchema.extend({
  /** Contestant: a model's id, or one with an effort; see `contestant.ts`. */
  id: z.string().min(1),
  /** Name for people, with the effort if one was chosen. */
  name: z.string().min(1),
  /** Company that made the model. */
  provider: z.string().min(1),
  tier: z.enum(["budget", "mid", "premium"]),
  /** Name of the provider whose endpoint serves it. */
  base_url_key: z.string().min(1),
  /** Tokens. */
  context_length: z.int().positive(),
  supports_structured_output: z.boolean(),
  /** Absent if unknown. */
  reasoning: z.enum(REASONING).exactOptional(),
  /** Largest number of tokens in an answer, thinking included. If absent, `max_output_tokens`. */
  output_limit: z.int().positive().exactOptional(),
  /**
   * Limit of a second call if `output_limit` ended the first. Null if that is the model's own
   * limit.
   */
  raised_limit: z.int().positive().nullable().exactOptional(),
  /** Enforcement of the schema for this model. If absent, as far as its provider supports it. */
  schema_regime: z.enum(SCHEMA_REGIMES).exactOptional(),
  /** Day from which its provider may no longer serve it. Set if that was near at checkout. */
  retires_at: z.iso.date().exactOptional(),
  /** Name of the model to use after that day. */
  successor: z.string().exactOptional(),
  /** Predicted USD per run, the mean over the images. */
  estimated_cost: usdSchema,
  /** Most USD that a run may cost. The ledger reserves this before a call. */
  reserved_cost: usdSchema,
});
export type SnapshotModel = z.infer<typeof snapshotModelSchema>;

/** Sample image as frozen at checkout. */
const snapshotImageSchema = benchmarkImageSchema.extend({
  /** Set if `path` is a copy that was made for all models instead of the customer's image. */
  fitted: z.strictObject({
    /** Path of the customer's image. */
    source_path: imagePathSchema,
    format: z.enum(["png", "jpeg"]),
    /** Pixels. */
    width: z.int().positive(),
    height: z.int().positive(),
    /** False if only its format was changed. */
    is_shrunk: z.boolean(),
  }).exactOptional(),
});
export type SnapshotImage = z.infer<typeof snapshotImageSchema>;

/**
 * `report_orders.config_snapshot`: everything that a report's runs depend on, frozen at checkout.
 */
export const configSnapshotSchema = z.object({
  version: z.literal(1),
  prompt: promptSchema,
  json_schema: jsonObjectSchema,
  priorities: prioritiesSchema,
  runs_per_model: runsPerModelSchema,
  strategy: z.enum(STRATEGIES).default("full"),
  /**
   * Numbers of images after which a race may stop models, ascending. Empty if models do not race.
   */
  looks: z.array(z.int().positive()).default([]),
  /** Accuracy in percent that a recommended model must exceed. If absent, the default. */
  minimum_accuracy: percentageSchema.exactOptional(),
  /** First half of an `AccuracyTolerance`. If absent, that of the priorities. */
  accuracy_margin: percentageSchema.exactOptional(),
  accuracy_confidence: z.number().min(50).max(99.9).exactOptional(),
  /** Sent with each call to OpenRouter. Absent if nothing is restricted. */
  data_policy: dataPolicySchema.exactOptional(),
  /** Tokens for an answer without thinking. */
  max_output_tokens: z.int().positive(),
  images: z.array(snapshotImageSchema)
    .min(BENCHMARK_LIMITS.images.min)
    .max(BENCHMARK_LIMITS.images.max),
  models: z.array(snapshotModelSchema)
    .min(BENCHMARK_LIMITS.models.min)
    .max(BENCHMARK_LIMITS.models.max),
});
export type ConfigSnapshot = z.infer<typeof configSnapshotSchema>;

/** Limits on a report's runs. */
export interface RunLimits {
  /** USD past which no run starts. */
  readonly soft: number;
  /** USD past which none is reserved. */
  readonly hard: number;
  /** Calls at once of one model. */
  readonly callsPerModel: number;
  /** Calls at once of all models. */
  readonly callsAtOnce: number;
}
