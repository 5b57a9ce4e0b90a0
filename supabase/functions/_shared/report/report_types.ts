import { z } from "zod";
import type { ConfigSnapshot, Priority } from "../benchmark/config.ts";
import { jsonValueSchema } from "../benchmark/json_value.ts";
import type { FieldError } from "../compare/output_score.ts";
import type { Effort } from "../models/contestant.ts";
import { SCHEMA_REGIMES, type SchemaRegime } from "../models/fit_schema.ts";
import type { FieldComparison } from "../statistics/compare_models.ts";
import type { Interval } from "../statistics/interval.ts";
import type { RunOutcome } from "./run_outcomes.ts";

/**
 * How one model did. Means and percentiles are over the runs that count (see `count_runs.ts`), null
 * where it has none; each interval but that of p95 holds the value before it with about 95 % confidence, over images such as
 * these: in simulations of reports of 6 to 50 images accuracy's in 94 % or more, those of cost and of
 * the median in 87 to 98 %.
 */
export interface ModelSummary {
  /** The contestant's: a model's id, or one with an effort behind it. */
  modelId: string;
  /** The model's own, and the effort that was chosen; null for its provider's default. */
  baseModelId: string;
  effort: Effort | null;
  /** With the effort, and with who answered in its place, where the figures are of that one's answers. */
  modelName: string;
  provider: string;
  /** `budget`, `mid` or `premium`; `unknown` for a model that the snapshot does not name. */
  tier: string;
  /** Mean field accuracy, 0 to 100. */
  accuracy: number | null;
  accuracyInterval: Interval | null;
  /** Beside it, over the runs whose leaves were counted; null where there is none. */
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
  /** Whether that is of fewer than 20 calls, so that it is the slowest of them or nearly. */
  p95FromFewCalls: boolean;
  /** Sample standard deviation of field accuracy, in points; null for fewer than two runs. */
  spread: number | null;
  /** Completed and counted: the runs that the figures are of. */
  runsCompleted: number;
  /** Completed or failed; runs that were skipped are not counted. */
  runsAttempted: number;
  /**
   * Counted, but refused, rejected, cut off, no JSON, empty or too late: in the means with nothing
   * right.
   */
  runsUnanswered: number;
  /** Failed since the provider was down or overloaded, which says nothing about the model. */
  runsLostToOutages: number;
  /** What became of the runs without a usable answer and of those that do not count, the commonest first. */
  outcomes: readonly RunOutcome[];
  /** Why the model has no figures, to follow a colon; null where it has some or nothing has ended. */
  notMeasuredBecause: string | null;
  /** Failed since our limit of tokens ended the answer, also the raised one; as little. */
  runsCutByLimit: number;
  /** Mean tokens of output a run, and how many of them were thinking; null where nobody says. */
  outputTokens: number | null;
  reasoningTokens: number | null;
  /** Rejected, as every completed run of the model was, so that it has no figures; else 0. */
  runsRejected: number;
  /** Answered by another model. */
  runsAnsweredByAnother: number;
  /** Whether those are half of the answers or more: the figures are of them, and the model is not ranked. */
  isAnsweredByAnother: boolean;
  /**
   * Other models that answered in its place, by the names that the answers gave them, in the order of
   * these; empty where it answered itself.
   */
  servedModels: readonly string[];
  /** How its runs were held to the schema, the weakest where they differ; null where none was completed. */
  schemaRegime: SchemaRegime | null;
  /** How many images it completed a run on: what the intervals rest on. */
  imagesCompleted: number;
  /**
   * Of a race: it stopped after so many images, as it could not catch up any more, and is not ranked.
   * Null for a model that ran on.
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
 * How a model stands beside the most accurate one, by the order's criteria:
 * - `best`: it measured the highest accuracy;
 * - `good_enough`: it may be recommended, being above the minimum and not further behind than the margin;
 * - `within_margin_unproven`: measured within the margin, but the images do not show that it is;
 * - `worse`: measured further behind than the margin;
 * - `below_minimum`: its accuracy does not exceed the order's minimum;
 * - `not_comparable`: measured on less than half as many images as others;
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

/** The first in one respect, in a sentence that sets it beside the second. */
export interface NamedPick {
  modelId: string;
  /** The second in that respect; null where there is none. */
  runnerUpId: string | null;
  /** How far it is ahead of the second, in points, US dollars or milliseconds; null without a second. */
  difference: number | null;
  /** Whether chance hardly explains that; null where too little was measured to say. */
  certain: boolean | null;
  text: string;
}

/** The models that lead in one respect; null where none does. */
export interface Picks {
  /** Of the models that can be compared. */
  mostAccurate: NamedPick | null;
  /** Of the models that are good enough, as far as their cost is known. */
  cheapestGoodEnough: NamedPick | null;
  fastestGoodEnough: NamedPick | null;
}

/** Why no model is recommended. */
export interface NoRecommendation {
  code: "nothing_measured" | "below_minimum";
  text: string;
}

/** What limits all that a report says of its models. */
export interface Caution {
  code: "few_images";
  /** On how many images the models were measured, at most. */
  images: number;
  /** From how many on a difference can be told from chance. */
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
  /** How far it is ahead of the recommended one on the images that both read, in points. */
  points: number;
  /** How many more images would settle it; null where it is settled, or more than a thousand would not do. */
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
  /** The models that can be compared beside the best: which of them cannot be told from it. */
  comparison: FieldComparison;
  /** Of those, the models that no other beats in accuracy, cost and median latency together. */
  paretoModelIds: string[];
  /** What a recommended model had to exceed, percent of the fields. */
  minimumAccuracy: number;
  /** How many points behind the most accurate model it may be, and how surely, in percent. */
  accuracyMargin: number;
  accuracyConfidence: number;
  /** What these make good enough, in a sentence. */
  goodEnough: string;
  picks: Picks;
  /** Null where a model is recommended. */
  noRecommendation: NoRecommendation | null;
  /** To be said once, above all else; null where there are images enough. */
  caution: Caution | null;
  /** What speaks against relying on the recommendation, for where one sentence has to do; or null. */
  doubt: string | null;
  /** Why the recommended model was chosen; null where none was. */
  reason: string | null;
  /** Null where the recommended model measured the highest accuracy itself. */
  higherAccuracy: HigherAccuracy | null;
  /** Null where everything is settled, or nothing was measured. */
  outlook: Outlook | null;
  /** The models that end soon, the first to end first. */
  endings: ModelEnding[];
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

/** What an order asks for, as frozen in its snapshot; see {@link ConfigSnapshot}. */
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
  /** Whether that is another than was asked for. */
  served_other: z.boolean().default(false),
  /** How the model was held to the schema; null where it was not asked. */
  schema_regime: z.enum(SCHEMA_REGIMES).nullable().default(null),
  /** Why the run has no answer or no result; see `run_result.ts`. */
  error_kind: z.string().nullable().default(null),
  /** Of a skipped run: `race` where its model had stopped, `race_won` where no other was left. */
  skip_reason: z.string().nullable().default(null),
});
export type ReportRun = z.infer<typeof reportRunSchema>;
