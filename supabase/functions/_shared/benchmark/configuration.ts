import { z } from "zod";
import { jsonObjectSchema, jsonValueSchema } from "../platform/json/json_value.ts";

/** Criteria that a customer ranks: right answers, USD per call, milliseconds per call. */
export const PRIORITIES = ["accuracy", "cost", "speed"] as const;
export type Priority = (typeof PRIORITIES)[number];

/**
 * Ways to run the models: `full`, each on every image; `race`, in batches of images, after each of
 * which models stop that have fallen too far behind.
 */
export const STRATEGIES = ["full", "race"] as const;
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
 * Tolerances for accuracy as first, second or third priority. Chosen by simulation; see "The
 * recommendation" in docs/statistics.md.
 */
const ACCURACY_TOLERANCES = [
  { accuracy_margin: 2, accuracy_confidence: 80 },
  { accuracy_margin: 11, accuracy_confidence: 75 },
  { accuracy_margin: 20, accuracy_confidence: 75 },
] as const;

/** Returns the tolerance for a ranking of priorities. */
export function accuracyToleranceOf(priorities: readonly Priority[]): AccuracyTolerance {
  return ACCURACY_TOLERANCES[priorities.indexOf("accuracy")] ?? ACCURACY_TOLERANCES[0];
}

/** Limits on the size of a benchmark. */
export const BENCHMARK_LIMITS = {
  images: { min: 1, max: 50 },
  models: { min: 1, max: 12 },
  runsPerModel: { min: 1, max: 10 },
  promptCharacters: 20_000,
  nameCharacters: 200,
  pathCharacters: 1_024,
} as const;

export const prioritiesSchema = z.array(z.enum(PRIORITIES)).refine(
  (ranking) => ranking.length === PRIORITIES.length && new Set(ranking).size === PRIORITIES.length,
  { error: "Rank accuracy, cost and speed, each exactly once." },
);

export const promptSchema = z.string().max(BENCHMARK_LIMITS.promptCharacters).refine(
  (prompt) => prompt.trim() !== "",
  { error: "The prompt is empty." },
);

export const imagePathSchema = z.string().min(1).max(BENCHMARK_LIMITS.pathCharacters).refine(
  (path) => path.split("/").every((part) => part !== "" && part !== "." && part !== ".."),
  { error: "Not a plain path inside the bucket." },
);

export const runsPerModelSchema = z.int()
  .min(BENCHMARK_LIMITS.runsPerModel.min)
  .max(BENCHMARK_LIMITS.runsPerModel.max);

export const percentageSchema = z.number().min(0).max(100);

/** One sample image and the right answer for it. */
export const benchmarkImageSchema = z.strictObject({
  /** Path in the bucket `benchmark-images`. */
  path: imagePathSchema,
  /** Name for people; by default that of the file in `path`. */
  name: z.string().trim().min(1).max(BENCHMARK_LIMITS.nameCharacters).exactOptional(),
  expected: jsonValueSchema,
});
export type BenchmarkImage = z.infer<typeof benchmarkImageSchema>;

/** Benchmark as the customer configures it. Checkout freezes it into a `ConfigSnapshot`. */
export const configurationSchema = z.strictObject({
  name: z.string().trim().max(BENCHMARK_LIMITS.nameCharacters).optional(),
  prompt: promptSchema,
  json_schema: jsonObjectSchema,
  images: z.array(benchmarkImageSchema)
    .min(BENCHMARK_LIMITS.images.min)
    .max(BENCHMARK_LIMITS.images.max),
  /** Contestants: a model's id, or one with an effort, such as `openai/gpt-6-luna#high`. */
  model_ids: z.array(z.string().min(1).max(200))
    .min(BENCHMARK_LIMITS.models.min)
    .max(BENCHMARK_LIMITS.models.max)
    .refine((ids) => new Set(ids).size === ids.length, { error: "A model is listed twice." }),
  /** Most important first. */
  priorities: prioritiesSchema,
  /** Times that each model reads each image. */
  runs_per_model: runsPerModelSchema,
  strategy: z.enum(STRATEGIES).default("full"),
  /** Accuracy in percent that a recommended model must exceed. */
  minimum_accuracy: percentageSchema.default(DEFAULT_MINIMUM_ACCURACY),
  /** `deny`: OpenRouter sends images only to endpoints that do not collect data. */
  data_collection: z.enum(["allow", "deny"]).default("allow"),
  /** True: OpenRouter sends images only to endpoints with zero data retention. */
  zdr: z.boolean().default(false),
});
export type Configuration = z.infer<typeof configurationSchema>;

/** Order of a stored draft, or of a whole configuration. */
export type CheckoutRequest =
  & ({ draft_id: string } | { configuration: Configuration })
  & {
    /** True to replace each image that a model does not take by a copy that all models take. */
    fit_images: boolean;
    /** Row of `prices` to buy; undefined for the price of one report. */
    price_id: string | undefined;
    /** False to pay although the account has a credit. */
    use_credit: boolean;
  };

/**
 * Body of `POST /checkout`: exactly one of `draft_id` and `configuration`, and optionally
 * `fit_images`, `price_id` and `use_credit`. Errors name each wrong field, such as `configuration.images.0.path`.
 */
export const checkoutRequestSchema = z.strictObject({
  draft_id: z.guid().optional(),
  configuration: configurationSchema.optional(),
  fit_images: z.boolean().default(false),
  price_id: z.string().min(1).max(50).optional(),
  use_credit: z.boolean().default(true),
}).transform(({ draft_id, configuration, ...rest }, context): CheckoutRequest => {
  const options = { ...rest, price_id: rest.price_id };
  if (draft_id !== undefined && configuration === undefined) return { draft_id, ...options };
  if (configuration !== undefined && draft_id === undefined) return { configuration, ...options };
  context.addIssue({ code: "custom", message: "Send either draft_id or configuration." });
  return z.NEVER;
});

/**
 * Row of `benchmark_drafts`. A draft may be unfinished, so this checks only the row's shape.
 * {@link configurationSchema} checks the rest, after {@link configurationFromDraft}.
 */
export const draftRowSchema = z.object({
  id: z.guid(),
  owner_id: z.guid(),
  name: z.string().nullable(),
  upload_data: z.object({
    images: z.array(z.looseObject({ path: z.unknown(), expected: z.unknown() })).default([]),
  }),
  prompt: z.string().nullable(),
  json_schema: z.unknown(),
  model_ids: z.array(z.string()),
  priorities: z.array(z.string()),
  runs_per_model: z.number(),
  strategy: z.string(),
  minimum_accuracy: z.number().default(DEFAULT_MINIMUM_ACCURACY),
  data_collection: z.string(),
  zdr: z.boolean(),
});
/** Returns the configuration in a draft, to be checked with {@link configurationSchema}. */
export function configurationFromDraft(
  { id: _id, owner_id: _owner, upload_data, name, prompt, ...rest }: z.infer<typeof draftRowSchema>,
): unknown {
  return {
    ...rest,
    ...(name === null ? {} : { name }),
    prompt: prompt ?? "",
    images: upload_data.images,
  };
}
