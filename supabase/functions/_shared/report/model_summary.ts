import { z } from "zod";
import { EFFORTS } from "../models/contestant.ts";
import { SCHEMA_REGIMES } from "../models/schemas/fit_schema.ts";
import { intervalSchema } from "../statistics/interval.ts";

const figure = z.number().nullable().default(null);
const interval = intervalSchema.nullable().default(null);
const count = z.number().default(0);

/**
 * Field-by-field figures of a model: means over its counted runs that have a score. All are 0 to 100
 * except `formatOnly`.
 */
const leafFiguresSchema = z.object({
  /** Percentage of the expected fields that are right. */
  recall: z.number(),
  /** Percentage of the given fields that are right. */
  precision: z.number(),
  /** Harmonic mean of recall and precision. */
  f1: z.number(),
  /** Field accuracy if a field in another format than expected counts as wrong. */
  strictAccuracy: z.number(),
  /** Similarity to the expected answer. Near misses count in part; see `anls.ts`. */
  anls: z.number(),
  /** Mean number of fields per run that are right but in another format than expected. */
  formatOnly: z.number(),
});
export type LeafFigures = z.infer<typeof leafFiguresSchema>;

/** Runs of a model that have no usable answer, or do not count, for the same cause. */
const runOutcomeSchema = z.object({
  /**
   * Cause, as in `error_kind` of the runs. Another model's answers that do not count are
   * `answered_by_another`. If the other model's answers count instead, the model's own are
   * `answered_itself`.
   */
  kind: z.string(),
  /** Number of these runs. */
  runs: z.number(),
  /** True if the runs are in the model's figures, with nothing right. */
  counts: z.boolean(),
  /** Outcome, worded to follow the number of runs: "lost to outages". */
  text: z.string(),
});
export type RunOutcome = z.infer<typeof runOutcomeSchema>;

/**
 * Figures of one model. Means and percentiles are over the runs that count (see `count_runs.ts`).
 * They are null if no run counts. Each interval except that of p95 holds the true value over images
 * like these with about 95 % confidence. In simulations of reports of 6 to 50 images, the interval
 * of accuracy held it in at least 94 % of the reports. Those of cost and of the median held it in
 * 87 to 98 %.
 */
const modelSummarySchema = z.object({
  /** Id of the contestant: a model's id, or one followed by `#` and an effort. */
  modelId: z.string(),
  /** Id of the model without an effort. */
  baseModelId: z.string(),
  /** Effort that was chosen; null for the provider's default. */
  effort: z.enum(EFFORTS).nullable(),
  /** Display name with the effort. It also names the other model if the figures are that one's. */
  modelName: z.string(),
  provider: z.string(),
  /** `budget`, `mid` or `premium`; `unknown` for a model that the snapshot does not name. */
  tier: z.string(),
  /** Mean field accuracy, 0 to 100. */
  accuracy: figure,
  accuracyInterval: interval,
  /** Field-by-field figures; null if no counted run has a score. */
  leaves: leafFiguresSchema.nullable().default(null),
  /** Percentage of answers that were exactly as expected, 0 to 100. */
  exactMatchRate: figure,
  exactMatchInterval: interval,
  /** Mean actual cost of a run in USD, over the runs whose cost is known. */
  costPerRun: figure,
  /** Null for fewer than two images, like the intervals of latencies. */
  costInterval: interval,
  /** Milliseconds. */
  medianLatency: figure,
  medianLatencyInterval: interval,
  /** Milliseconds: the element ceil(0.95 n) − 1 of the sorted latencies. */
  p95Latency: figure,
  /**
   * Result of resampling the images; not a 95 % interval. In simulations (log-normal times) it held
   * the true p95 in 26 % of reports of 6 images run once, 63 % of 12 run twice, 79 % of 20 run
   * twice and 90 % of 50 run ten times. Otherwise p95 was higher. An interval that holds p95 for
   * every distribution has no upper end below 72 images, and a report has at most 50.
   */
  p95LatencyInterval: interval,
  /** True if fewer than 20 calls were timed. The p95 is then the time of the slowest. */
  p95FromFewCalls: z.boolean().default(false),
  /** Sample standard deviation of field accuracy, in points; null for fewer than two runs. */
  spread: figure,
  /** Number of runs that the figures are computed from: completed and counted. */
  runsCompleted: count,
  /** Number of runs that completed or failed; skipped runs are not included. */
  runsAttempted: count,
  /**
   * Number of counted runs without a usable answer: refused, rejected, cut off, no JSON, empty or
   * too late. They count as 0 % right.
   */
  runsUnanswered: count,
  /**
   * Number of runs that failed because the provider was down or overloaded. They say nothing about
   * the model.
   */
  runsLostToOutages: count,
  /** Runs without a usable answer and runs that do not count, by cause, the most frequent first. */
  outcomes: z.array(runOutcomeSchema).default([]),
  /**
   * Reason why the model has no figures, worded to follow a colon. Null if it has figures or if
   * none of its runs has ended.
   */
  notMeasuredBecause: z.string().nullable().default(null),
  /**
   * Number of runs that failed because our token limit, even when raised, cut the answer off. They
   * say nothing about the model.
   */
  runsCutByLimit: count,
  /** Mean output tokens per run; null if not reported. */
  outputTokens: figure,
  /** Mean reasoning tokens per run, which are part of the output tokens; null if not reported. */
  reasoningTokens: figure,
  /**
   * Number of rejected runs if all completed runs were rejected, so that the model has no figures;
   * otherwise 0.
   */
  runsRejected: count,
  /** Number of completed runs that another model answered. */
  runsAnsweredByAnother: count,
  /**
   * True if another model gave at least half of the answers. The figures are then of the other
   * model's answers, and this model is not ranked.
   */
  isAnsweredByAnother: z.boolean().default(false),
  /**
   * Names of the other models that answered in its place, as the answers gave them, sorted. Empty
   * if it answered every run itself.
   */
  servedModels: z.array(z.string()).default([]),
  /** Weakest schema enforcement among the counted runs; null if unknown or no run counts. */
  schemaRegime: z.enum(SCHEMA_REGIMES).nullable().default(null),
  /** Number of images with at least one counted run. The intervals are computed over these. */
  imagesCompleted: count,
  /**
   * Number of images after which a race stopped the model, as it was unlikely to catch up. A
   * stopped model is not ranked. Null if no race stopped it.
   */
  stoppedAfterImages: figure,
});
export type ModelSummary = z.infer<typeof modelSummarySchema>;

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
const standingSchema = z.enum([
  "best",
  "good_enough",
  "within_margin_unproven",
  "worse",
  "below_minimum",
  "not_comparable",
  "not_measured",
  "answered_by_another",
  "stopped",
]);
export type Standing = z.infer<typeof standingSchema>;

/**
 * A model of a report with its standing. Only ids and names are required, so that a model without
 * figures can be read too: its standing and figures are null, its counts 0.
 */
export const reportModelSchema = modelSummarySchema.extend({
  /** Null until the report has ended. */
  standing: standingSchema.nullable().default(null),
});
export type ReportModel = z.infer<typeof reportModelSchema>;
