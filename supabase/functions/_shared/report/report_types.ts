import { z } from "zod";
import { jsonValueSchema } from "../benchmark/json_value.ts";
import type { FieldError } from "../compare/compare.ts";

/** How one model did. Means and percentiles are over its completed runs, null where it has none. */
export interface ModelSummary {
  modelId: string;
  modelName: string;
  provider: string;
  /** `budget`, `mid` or `premium`; `unknown` for a model that the snapshot does not name. */
  tier: string;
  /** Mean field accuracy, 0 to 100. */
  accuracy: number | null;
  /** Percentage of answers that were exactly as expected, 0 to 100. */
  exactMatchRate: number | null;
  /** Mean actual USD a run, over the runs whose cost is known. */
  costPerRun: number | null;
  /** Milliseconds. */
  medianLatency: number | null;
  /** Milliseconds: the element ceil(0.95 n) − 1 of the sorted latencies. */
  p95Latency: number | null;
  /** Sample standard deviation of field accuracy, in points; null for fewer than two runs. */
  spread: number | null;
  runsCompleted: number;
  /** Completed or failed; runs that were skipped are not counted. */
  runsAttempted: number;
}

/** One mistake, and how often it was made. */
export interface FieldErrorSummary extends FieldError {
  occurrences: number;
  /** Of all runs looked at, 0 to 100. */
  percentage: number;
}

/** `reports.summary`. */
export interface ReportSummary {
  /** The most accurate first. */
  models: ModelSummary[];
  /** The commonest mistakes over all models, at most 20. */
  fieldErrors: FieldErrorSummary[];
  imageCount: number;
  modelCount: number;
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
