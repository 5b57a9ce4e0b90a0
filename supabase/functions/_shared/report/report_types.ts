import { z } from "zod";
import type { ConfigSnapshot, Priority } from "../benchmark/config.ts";
import type { FieldError } from "../compare/output_score.ts";
import type { Effort } from "../models/contestant.ts";
import { SCHEMA_REGIMES, type SchemaRegime } from "../models/schemas/fit_schema.ts";
import { jsonValueSchema } from "../platform/json/json_value.ts";
import type { FieldComparison } from "../statistics/compare_models.ts";
import type { Interval } from "../statistics/interval.ts";
import type { RunOutcome } from "./run_outcomes.ts";

/**
 * Figures of one model. Means and percentiles are over the runs that count (see `count_runs.ts`).
 * They are null if no run counts. Each interval except that of p95 holds the true value over images
 * like these with about 95 % confidence. In simulations of reports of 6 to 50 images, the interval
 * of accuracy held it in at least 94 % of the reports. Those of cost and of the median held it in
 * 87 to 98 %.
 */
export interface ModelSummary {
  /** Id of the contestant: a model's id, or one followed by `#` and an effort. */
  modelId: string;
  /** Id of the model without an effort. */
  baseModelId: string;
  /** Effort that was chosen; null for the provider's default. */
  effort: Effort | null;
  /** Display name with the effort. It also names the other model if the figures are that one's. */
  modelName: string;
  provider: string;
  /** `budget`, `mid` or `premium`; `unknown` for a model that the snapshot does not name. */
  tier: string;
  /** Mean field accuracy, 0 to 100. */
  accuracy: number | null;
  accuracyInterval: Interval | null;
  /** Field-by-field figures over the counted runs that have a score; null if none has one. */
  leaves: LeafFigures | null;
  /** Percentage of answers that were exactly as expected, 0 to 100. */
  exactMatchRate: number | null;
  exactMatchInterval: Interval | null;
  /** Mean actual USD a run, over the runs whose cost is known. */
  costPerRun: number | null;
  /** Null for fewer than two images, as with latencies. */
  costInterval: Interval | null;
  /** Milliseconds. */
  medianLatency: number | null;
  medianLatencyInterval: Interval | null;
  /** Milliseconds: the element ceil(0.95 n) − 1 of the sorted latencies. */
  p95Latency: number | null;
  /**
   * What resampling the images gives; not a 95 % interval. In simulations (log-normal times) it held
   * the true p95 in 26 % of reports of 6 images run once, 63 % of 12 run twice, 79 % of 20 run
   * twice and 90 % of 50 run ten times; where it did not, p95 was higher. An interval that holds it
   * whatever the distribution has no upper end below 72 images, and a report has 50 at most.
   */
  p95LatencyInterval: Interval | null;
  /** True if fewer than 20 calls were timed. The p95 is then the time of the slowest. */
  p95FromFewCalls: boolean;
  /** Sample standard deviation of field accuracy, in points; null for fewer than two runs. */
  spread: number | null;
  /** Number of runs that the figures are computed from: completed and counted. */
  runsCompleted: number;
  /** Number of runs that completed or failed; skipped runs are not included. */
  runsAttempted: number;
  /**
   * Number of counted runs without a usable answer: refused, rejected, cut off, no JSON, empty or
   * too late. They are in the means with nothing right.
   */
  runsUnanswered: number;
  /**
   * Number of runs that failed because the provider was down or overloaded. They say nothing about
   * the model.
   */
  runsLostToOutages: number;
  /** Runs without a usable answer and runs that do not count, by cause, the commonest first. */
  outcomes: readonly RunOutcome[];
  /**
   * Reason why the model has no figures, worded to follow a colon. Null if it has figures or if
   * none of its runs has ended.
   */
  notMeasuredBecause: string | null;
  /**
   * Number of runs that failed because our token limit, even when raised, cut the answer off. They
   * say nothing about the model.
   */
  runsCutByLimit: number;
  /** Mean output tokens per run; null if not reported. */
  outputTokens: number | null;
  /** Mean reasoning tokens per run, which are part of the output tokens; null if not reported. */
  reasoningTokens: number | null;
  /**
   * Number of rejected runs if all completed runs were rejected, so that the model has no figures;
   * otherwise 0.
   */
  runsRejected: number;
  /** Number of completed runs that another model answered. */
  runsAnsweredByAnother: number;
  /**
   * True if another model gave at least half of the answers. The figures are then of the other
   * model's answers, and this model is not ranked.
   */
  isAnsweredByAnother: boolean;
  /**
   * Names of the other models that answered in its place, as the answers gave them, sorted. Empty
   * if it answered every run itself.
   */
  servedModels: readonly string[];
  /** Weakest schema enforcement among the counted runs; null if unknown or no run counts. */
  schemaRegime: SchemaRegime | null;
  /** Number of images with at least one counted run. The intervals are computed over these. */
  imagesCompleted: number;
  /**
   * Number of images after which a race stopped the model, as it was unlikely to catch up. A
   * stopped model is not ranked. Null if no race stopped it.
   */
  stoppedAfterImages: number | null;
}

/** What a model's completed runs come to field by field: means over them, 0 to 100. */
export interface LeafFigures {
  /** Of what was asked for, the share that is right. */
  recall: number;
  /** Of what was given, the share that is right. */
  precision: number;
  f1: number;
  /** As `accuracy`, but only what can be used as it is counts as right. */
  strictAccuracy: number;
  /** How near it came, near misses counting in part; see `anls.ts`. */
  anls: number;
  /** Fields a run that are right but for how they are written; not a percentage. */
  formatOnly: number;
}

/** One mistake, and how often it was made. */
export interface FieldErrorSummary extends FieldError {
  occurrences: number;
  /** Of all runs looked at, 0 to 100. */
  percentage: number;
}

/** A field that one model often gets wrong, and the mistake it makes there most. */
export interface ErrorPattern {
  modelName: string;
  modelId: string;
  /** As `items[0].price`. */
  fieldPath: string;
  /** In how many of the model's runs the field is wrong, missing or extra. */
  occurrences: number;
  /** All of these are right but for how they are written; real mistakes are a pattern of their own. */
  formatOnly?: true;
  totalRuns: number;
  /** Of those runs, 10 to 100. */
  percentage: number;
  /** What was expected in the commonest mistake; absent where nothing was. */
  commonExpected?: FieldError["expected"];
  /** What was given in it; absent where the field was missing. */
  commonActual?: FieldError["actual"];
}

/**
 * Standing of a model relative to the most accurate one, by the order's criteria:
 * - `best`: it measured the highest accuracy of the models that can be compared;
 * - `good_enough`: it may be recommended, as it is above the minimum and within the margin;
 * - `within_margin_unproven`: measured within the margin, but the images do not show that it is;
 * - `worse`: measured further behind than the margin;
 * - `below_minimum`: its accuracy does not exceed the order's minimum;
 * - `not_comparable`: measured on less than half as many images as the model measured on most;
 * - `not_measured`: no call of it counts, for the reason in `notMeasuredBecause`;
 * - `answered_by_another`: another model answered in its place, and its figures are that one's;
 * - `stopped`: a race stopped it.
 */
export type Standing =
  | "best"
  | "good_enough"
  | "within_margin_unproven"
  | "worse"
  | "below_minimum"
  | "not_comparable"
  | "not_measured"
  | "answered_by_another"
  | "stopped";

/** A model of a report with its standing. */
export interface ReportModel extends ModelSummary {
  standing: Standing;
}

/** Model that leads in one respect, with a sentence that compares it with the second. */
export interface NamedPick {
  modelId: string;
  /** The second in that respect; null where there is none. */
  runnerUpId: string | null;
  /**
   * Lead over the second, in points, US dollars or milliseconds; null if there is no second.
   * Negative if the second scored higher on the images that both read.
   */
  difference: number | null;
  /**
   * True if chance hardly explains the lead, false if it may; null if there is no second or too
   * little was measured to tell.
   */
  certain: boolean | null;
  text: string;
}

/** Models that lead in accuracy, cost and speed; null where no model does. */
export interface Picks {
  /** Most accurate of the models that can be compared. */
  mostAccurate: NamedPick | null;
  /** Cheapest of the good enough models whose cost is known. */
  cheapestGoodEnough: NamedPick | null;
  /** Good enough model with the lowest known median latency. */
  fastestGoodEnough: NamedPick | null;
}

/** Why no model is recommended. */
export interface NoRecommendation {
  code: "nothing_measured" | "below_minimum";
  text: string;
}

/** Warning that the report has too few images to tell differences in accuracy from chance. */
export interface Caution {
  code: "few_images";
  /** Largest number of images that a compared model was measured on. */
  images: number;
  /** Smallest number of images with which a difference can be told from chance. */
  imagesNeeded: number;
  text: string;
}

/** How many more images would show which of two models is the more accurate. */
export interface Outlook {
  modelId: string;
  rivalId: string;
  /** Null where more than a thousand would not do. */
  moreImages: number | null;
  /** The same in words. */
  text: string;
}

/** The model that measured the highest accuracy, where another one is recommended. */
export interface HigherAccuracy {
  modelId: string;
  /**
   * Lead over the recommended model, in points: the mean over the images that both read. If those
   * are too few, it is the difference of the two accuracies.
   */
  points: number;
  /**
   * Number of further images that would show whether the lead is chance. Null if that is settled,
   * if more than 1,000 images would be needed, or if the number cannot be estimated.
   */
  moreImages: number | null;
  /** The same in words, to stand beside the recommendation. */
  text: string;
}

/** A model of the report that its provider takes off soon, as it was known when the report was ordered. */
export interface ModelEnding {
  modelId: string;
  /** Day from which it may be gone, `2027-01-14`. */
  retiresAt: string;
  /** Name of the model to take instead; null where none is known. */
  successor: string | null;
  text: string;
}

/** The images that were shrunk or converted before any model read them. */
export interface FittedImagesNote {
  /** Number of such images. */
  images: number;
  text: string;
}

/** What a race has spared. */
export interface RaceSaving {
  /** Runs that were not made, of how many. */
  savedCalls: number;
  allCalls: number;
  /** What they would have cost: each model's mean cost a run, or, where unknown, what was predicted. */
  savedUsd: number;
}

/** `reports.summary`: all that is told by a report's runs alone. */
export interface ReportSummary {
  /** The most accurate first, and after them those that are not ranked. */
  models: ReportModel[];
  /** The commonest mistakes over all models, at most 20. */
  fieldErrors: FieldErrorSummary[];
  /** The commonest first, at most 50. */
  errorPatterns: ErrorPattern[];
  /** Tests of whether the comparable models differ from the most accurate one. */
  comparison: FieldComparison;
  /**
   * Ids of the comparable models on the Pareto frontier of accuracy, cost and median latency.
   * Models with no field right are left out.
   */
  paretoModelIds: string[];
  /** Accuracy that a recommended model had to exceed, or at 100 reach, in percent of the fields. */
  minimumAccuracy: number;
  /** Margin in points: a model behind the most accurate one by less may be recommended. */
  accuracyMargin: number;
  /** Confidence, in percent, with which that had to be shown. */
  accuracyConfidence: number;
  /** Sentence that says what "good enough" means by these three values. */
  goodEnough: string;
  picks: Picks;
  /** Null where a model is recommended. */
  noRecommendation: NoRecommendation | null;
  /** Warning to show once, above everything else; null if no warning is needed. */
  caution: Caution | null;
  /** Short text of the reasons not to rely on the recommendation; null if there are none. */
  doubt: string | null;
  /** Why the recommended model was chosen; null where none was. */
  reason: string | null;
  /** Null where the recommended model measured the highest accuracy itself. */
  higherAccuracy: HigherAccuracy | null;
  /** Null where everything is settled, or nothing was measured. */
  outlook: Outlook | null;
  /** The models that end soon, the first to end first. */
  endings: ModelEnding[];
  /** Null if every model read the images as they were uploaded. */
  fittedImages: FittedImagesNote | null;
  /** Null where no call was spared by a race. */
  race: RaceSaving | null;
  imageCount: number;
  modelCount: number;
}

/** A report as shown: what its runs tell, and what its row says. */
export interface ReportData extends ReportSummary {
  recommendedModelId: string | null;
  /** USD. */
  totalApiCost: number;
  rationale: string | null;
  priorities: readonly Priority[];
  /** As the database writes them. */
  startedAt: string | null;
  completedAt: string | null;
}

/** Criteria of an order, as frozen in its snapshot; see {@link ConfigSnapshot}. */
export type FrozenCriteria = Pick<
  ConfigSnapshot,
  "priorities" | "minimum_accuracy" | "accuracy_margin" | "accuracy_confidence"
>;

/** A row of `reports`, as far as a report is shown from it. Null is what the runs are to tell. */
export interface ReportRow {
  readonly id: string;
  readonly config_snapshot: FrozenCriteria & Pick<ConfigSnapshot, "models" | "images">;
  readonly recommended_model: string | null;
  readonly rationale: string | null;
  /** USD. */
  readonly total_api_cost: number | null;
  readonly started_at: string | null;
  readonly completed_at: string | null;
}

/** What a report comes to once its last run has ended. */
export type ReportConclusion =
  | {
    readonly status: "complete";
    readonly recommendedModelId: string | null;
    readonly rationale: string | null;
    readonly summary: ReportSummary;
    readonly error: null;
  }
  | {
    readonly status: "failed";
    readonly recommendedModelId: null;
    readonly rationale: null;
    readonly summary: ReportSummary;
    readonly error: string;
  };

const count = z.number();
const leafCountsSchema = z.object({ correct: count, wrong: count, missing: count, extra: count });

/** A row of `benchmark_runs`, as far as a report is made from it. */
export const reportRunSchema = z.object({
  model_id: z.string(),
  /** From 0. */
  image_index: z.number(),
  status: z.enum(["queued", "running", "complete", "failed", "skipped"]),
  exact_match: z.boolean().nullable(),
  /** 0 to 100. */
  field_accuracy: z.number().nullable(),
  field_errors: z.array(z.object({
    fieldPath: z.string(),
    expected: jsonValueSchema.exactOptional(),
    actual: jsonValueSchema.exactOptional(),
    formatOnly: z.literal(true).exactOptional(),
  })).nullable(),
  /** Null for runs without a result. */
  score: z.object({
    strict: leafCountsSchema,
    relaxed: leafCountsSchema,
    formatOnly: z.number(),
    anls: z.number(),
  }).nullable().default(null),
  response_time_ms: z.number().nullable(),
  output_tokens: z.number().nullable().exactOptional(),
  /** Part of the output. */
  reasoning_tokens: z.number().nullable().exactOptional(),
  /** USD. */
  actual_cost: z.number().nullable(),
  error_message: z.string().nullable(),
  /** The model that answered, by the name that the answer gave it. */
  served_model: z.string().nullable().default(null),
  /** True if a model other than the one asked for answered. */
  served_other: z.boolean().default(false),
  /** Schema enforcement used for the run; null if the model was not asked. */
  schema_regime: z.enum(SCHEMA_REGIMES).nullable().default(null),
  /** Why the run has no answer or no result; see `run_result.ts`. */
  error_kind: z.string().nullable().default(null),
  /** Of a skipped run: `race` where its model had stopped, `race_won` where no other was left. */
  skip_reason: z.string().nullable().default(null),
});
export type ReportRun = z.infer<typeof reportRunSchema>;
