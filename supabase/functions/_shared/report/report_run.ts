import { z } from "zod";
import { fieldErrorSchema, scoreDetailSchema } from "../compare/output_score.ts";
import { SCHEMA_REGIMES } from "../models/schemas/fit_schema.ts";

/** Columns of `benchmark_runs` that a report is made from. */
export const reportRunSchema = z.object({
  model_id: z.string(),
  /** From 0. */
  image_index: z.number(),
  status: z.enum(["queued", "running", "complete", "failed", "skipped"]),
  exact_match: z.boolean().nullable(),
  /** 0 to 100. */
  field_accuracy: z.number().nullable(),
  field_errors: z.array(fieldErrorSchema).nullable(),
  /** Null for runs without a result. */
  score: scoreDetailSchema.nullable().default(null),
  response_time_ms: z.number().nullable(),
  output_tokens: z.number().nullable().exactOptional(),
  /** Part of the output tokens. */
  reasoning_tokens: z.number().nullable().exactOptional(),
  /** USD. */
  actual_cost: z.number().nullable(),
  error_message: z.string().nullable(),
  /** Model that answered, by the name in its answer. */
  served_model: z.string().nullable().default(null),
  /** True if a model other than the one asked for answered. */
  served_other: z.boolean().default(false),
  /** Schema enforcement used for the run; null if the model was not asked. */
  schema_regime: z.enum(SCHEMA_REGIMES).nullable().default(null),
  /** Reason why the run has no answer or no result; see `run_result.ts`. */
  error_kind: z.string().nullable().default(null),
  /**
   * Reason why the run was skipped. `race`: the race had stopped its model. `race_won`: no other
   * model was left in the race.
   */
  skip_reason: z.string().nullable().default(null),
});
export type ReportRun = z.infer<typeof reportRunSchema>;
