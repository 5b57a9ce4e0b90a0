import { z } from "zod";
import { REASONING } from "../models/calls/reasoning.ts";
import { modelPricesSchema } from "../models/model_prices.ts";
import { SCHEMA_REGIMES } from "../models/schemas/fit_schema.ts";
import { jsonObjectSchema, jsonValueSchema } from "../platform/json/json_value.ts";

export type { JsonObject } from "../platform/json/json_value.ts";

/** What a customer can rank: right answers, USD a call, milliseconds a call. */
export const PRIORITIES = ["accuracy", "cost", "speed"] as const;
export type Priority = (typeof PRIORITIES)[number];

/**
 * How models are run: `full`, each on every image; `race`, in batches of images, after which those
 * that fall too far behind stop.
 */
const STRATEGIES = ["full", "race"] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** Default of the accuracy, in percent of the fields, that a recommended model must exceed. */
export const DEFAULT_MINIMUM_ACCURACY = 50;

/** Accepted gap in accuracy between a recommended model and the most accurate one. */
export interface AccuracyTolerance {
  /** Largest gap, in percentage points. */
  readonly accuracy_margin: number;
  /** Confidence, in percent, with which the images must show that the gap is no larger. */
  readonly accuracy_confidence: number;
}

/**
 * By the place of accuracy among the priorities: first, second or third. Chosen by simulation; see "The
 * recommendation" in docs/statistics.md.
 */
const ACCURACY_TOLERANCES = [
  { accuracy_margin: 2, accuracy_confidence: 80 },
  { accuracy_margin: 11, accuracy_confidence: 75 },
  { accuracy_margin: 20, accuracy_confidence: 75 },
] as const;

/** Returns the tolerance that a ranking of priorities stands for. */
export function accuracyToleranceOf(priorities: readonly Priority[]): AccuracyTolerance {
  return ACCURACY_TOLERANCES[priorities.indexOf("accuracy")] ?? ACCURACY_TOLERANCES[0];
}

/** How large a benchmark may be. */
const BENCHMARK_LIMITS = {
  images: { min: 1, max: 50 },
  models: { min: 1, max: 12 },
  runsPerModel: { min: 1, max: 10 },
  promptCharacters: 20_000,
  nameCharacters: 200,
  pathCharacters: 1_024,
} as const;

const prioritiesSchema = z.array(z.enum(PRIORITIES)).refine(
  (ranking) => ranking.length === PRIORITIES.length && new Set(ranking).size === PRIORITIES.length,
  { error: "Rank accuracy, cost and speed, each exactly once." },
);

const promptSchema = z.string().max(BENCHMARK_LIMITS.promptCharacters).refine(
  (prompt) => prompt.trim() !== "",
  { error: "The prompt is empty." },
);

const imagePathSchema = z.string().min(1).max(BENCHMARK_LIMITS.pathCharacters).refine(
  (path) => path.split("/").every((part) => part !== "" && part !== "." && part !== ".."),
  { error: "Not a plain path inside the bucket." },
);

const runsPerModelSchema = z.int()
  .min(BENCHMARK_LIMITS.runsPerModel.min)
  .max(BENCHMARK_LIMITS.runsPerModel.max);

const percentageSchema = z.number().min(0).max(100);

/** One sample image, by its path in the bucket `benchmark-images`, and the right answer for it. */
const benchmarkImageSchema = z.strictObject({
  path: imagePathSchema,
  expected: jsonValueSchema,
});
export type BenchmarkImage = z.infer<typeof benchmarkImageSchema>;

/** What a customer chooses: everything of a benchmark but the models' prices. */
export const configurationSchema = z.strictObject({
  name: z.string().trim().max(BENCHMARK_LIMITS.nameCharacters).optional(),
  prompt: promptSchema,
  json_schema: jsonObjectSchema,
  images: z.array(benchmarkImageSchema)
    .min(BENCHMARK_LIMITS.images.min)
    .max(BENCHMARK_LIMITS.images.max),
  model_ids: z.array(z.string().min(1).max(200))
    .min(BENCHMARK_LIMITS.models.min)
    .max(BENCHMARK_LIMITS.models.max)
    .refine((ids) => new Set(ids).size === ids.length, { error: "A model is listed twice." }),
  priorities: prioritiesSchema,
  runs_per_model: runsPerModelSchema,
  strategy: z.enum(STRATEGIES).default("full"),
  minimum_accuracy: percentageSchema.default(DEFAULT_MINIMUM_ACCURACY),
});
export type Configuration = z.infer<typeof configurationSchema>;

/** A checkout of a stored draft, or of a whole configuration sent along. */
export type CheckoutRequest =
  & ({ draft_id: string } | { configuration: Configuration })
  & {
    /** Replaces each image that a model does not take by a smaller or converted copy for all models. */
    fit_images: boolean;
  };

/**
 * The body of `POST /checkout`: exactly one of `draft_id` and `configuration`, and optionally
 * `fit_images`.
 *
 * A wrong configuration is reported field by field, as in `configuration.images.0.path`.
 */
export const checkoutRequestSchema = z.strictObject({
  draft_id: z.guid().optional(),
  configuration: configurationSchema.optional(),
  fit_images: z.boolean().default(false),
}).transform(({ draft_id, configuration, fit_images }, context): CheckoutRequest => {
  if (draft_id !== undefined && configuration === undefined) return { draft_id, fit_images };
  if (configuration !== undefined && draft_id === undefined) return { configuration, fit_images };
  context.addIssue({ code: "custom", message: "Send either draft_id or configuration." });
  return z.NEVER;
});

/**
 * A row of `benchmark_drafts` as the database gives it. A draft may be unfinished, so this checks
 * only the row's shape; {@link configurationFromDraft} and {@link configurationSchema} the rest.
 */
export const draftRowSchema = z.object({
  id: z.guid(),
  owner_id: z.guid(),
  name: z.string().nullable(),
  upload_data: z.object({
    images: z.array(z.object({ path: z.unknown(), expected: z.unknown() })).default([]),
  }),
  prompt: z.string().nullable(),
  json_schema: z.unknown(),
  model_ids: z.array(z.string()),
  priorities: z.array(z.string()),
  runs_per_model: z.number(),
  strategy: z.string(),
  minimum_accuracy: z.number().default(DEFAULT_MINIMUM_ACCURACY),
});
export type DraftRow = z.infer<typeof draftRowSchema>;

/** The configuration a draft holds, still to be checked with {@link configurationSchema}. */
export function configurationFromDraft(draft: DraftRow): unknown {
  return {
    ...(draft.name === null ? {} : { name: draft.name }),
    prompt: draft.prompt ?? "",
    json_schema: draft.json_schema,
    images: draft.upload_data.images,
    model_ids: draft.model_ids,
    priorities: draft.priorities,
    runs_per_model: draft.runs_per_model,
    strategy: draft.strategy,
    minimum_accuracy: draft.minimum_accuracy,
  };
}

const usdSchema = z.number().nonnegative();

/** A model as frozen in the snapshot: its prices then, and what one run of it is taken to cost. */
export const snapshotModelSchema = modelPricesSchema.extend({
  /** The contestant's: a model's id, or one with an effort behind it; see `contestant.ts`. */
  id: z.string().min(1),
  /** With the effort, where one was chosen. */
  name: z.string().min(1),
  provider: z.string().min(1),
  tier: z.enum(["budget", "mid", "premium"]),
  base_url_key: z.string().min(1),
  context_length: z.int().positive(),
  supports_structured_output: z.boolean(),
  /** Absent where nobody knows. */
  reasoning: z.enum(REASONING).exactOptional(),
  /** Tokens that its answer may have, thinking included; absent, `max_output_tokens` of the snapshot. */
  output_limit: z.int().positive().exactOptional(),
  /** The limit of a second call where that one ended the first; null where it is the model's own. */
  raised_limit: z.int().positive().nullable().exactOptional(),
  /** Enforcement of the schema for this model. If absent, as far as its provider supports it. */
  schema_regime: z.enum(SCHEMA_REGIMES).exactOptional(),
  /** Day from which its provider may no longer serve it, where that was near when it was ordered. */
  retires_at: z.iso.date().exactOptional(),
  /** Name of the model to take instead then. */
  successor: z.string().exactOptional(),
  /** Predicted USD a run, the mean over the images. */
  estimated_cost: usdSchema,
  /** The most a run may cost in USD: what the ledger reserves before a call. */
  reserved_cost: usdSchema,
});
export type SnapshotModel = z.infer<typeof snapshotModelSchema>;

/** A sample image as frozen in the snapshot. */
export const snapshotImageSchema = benchmarkImageSchema.extend({
  /** What became of the customer's image, if `path` leads to a copy made for all models alike. */
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

/** `report_orders.config_snapshot`: all that a report's runs depend on, frozen at checkout. */
export const configSnapshotSchema = z.object({
  version: z.literal(1),
  prompt: promptSchema,
  json_schema: jsonObjectSchema,
  priorities: prioritiesSchema,
  runs_per_model: runsPerModelSchema,
  strategy: z.enum(STRATEGIES).default("full"),
  /** Of a race: after how many images models may be stopped, ascending. */
  looks: z.array(z.int().positive()).default([]),
  /** Accuracy in percent that a recommended model must exceed. If absent, the default. */
  minimum_accuracy: percentageSchema.exactOptional(),
  /** With the next field an {@link AccuracyTolerance}. If absent, that of the priorities. */
  accuracy_margin: percentageSchema.exactOptional(),
  accuracy_confidence: z.number().min(50).max(99.9).exactOptional(),
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

/** What the runs of a report may cost in USD: past `soft` none starts, past `hard` none is reserved. */
export interface Ceilings {
  readonly soft: number;
  readonly hard: number;
}
