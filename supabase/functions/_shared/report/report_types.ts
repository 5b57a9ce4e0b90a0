import { z } from "zod";
import type { ConfigSnapshot, Priority } from "../benchmark/config.ts";
import { jsonValueSchema } from "../benchmark/json_value.ts";
import type { FieldError } from "../compare/compare.ts";
import type { FieldComparison } from "../statistics/compare_models.ts";
import type { Interval } from "../statistics/interval.ts";

/**
 * How one model did. Means and percentiles are over its completed runs, null where it has none; each
 * interval holds the value before it with 95 % confidence, over images such as these.
 */
export interface ModelSummary {
  modelId: string;
  modelName: string;
  provider: string;
  /** `budget`, `mid` or `premium`; `unknown` for a model that the snapshot does not name. */
  tier: string;
  /** Mean field accuracy, 0 to 100. */
  accuracy: number | null;
  accuracyInterval: Interval | null;
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
  p95LatencyInterval: Interval | null;
  /** Whether that is of fewer than 20 calls, so that it is the slowest of them or nearly. */
  p95FromFewCalls: boolean;
  /** Sample standard deviation of field accuracy, in points; null for fewer than two runs. */
  spread: number | null;
  runsCompleted: number;
  /** Completed or failed; runs that were skipped are not counted. */
  runsAttempted: number;
  /** How many images it completed a run on: what the intervals rest on. */
  imagesCompleted: number;
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
  totalRuns: number;
  /** Of those runs, 10 to 100. */
  percentage: number;
  /** What was expected in the commonest mistake; absent where nothing was. */
  commonExpected?: FieldError["expected"];
  /** What was given in it; absent where the field was missing. */
  commonActual?: FieldError["actual"];
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

/** `reports.summary`: all that is told by a report's runs alone. */
export interface ReportSummary {
  /** The most accurate first. */
  models: ModelSummary[];
  /** The commonest mistakes over all models, at most 20. */
  fieldErrors: FieldErrorSummary[];
  /** The commonest first, at most 50. */
  errorPatterns: ErrorPattern[];
  /** The models beside the best: which of them cannot be told from it. */
  comparison: FieldComparison;
  /** The models that no other beats in accuracy, cost and median latency together. */
  paretoModelIds: string[];
  /** Why the recommended model was chosen from those; null where none was. */
  reason: string | null;
  /** Null where everything is settled, or nothing was measured. */
  outlook: Outlook | null;
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

/** A row of `reports`, as far as a report is shown from it. Null is what the runs are to tell. */
export interface ReportRow {
  readonly id: string;
  readonly config_snapshot: Pick<ConfigSnapshot, "models" | "images" | "priorities">;
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
  })).nullable(),
  response_time_ms: z.number().nullable(),
  /** USD. */
  actual_cost: z.number().nullable(),
  error_message: z.string().nullable(),
});
export type ReportRun = z.infer<typeof reportRunSchema>;
