import { z } from "zod";
import type { JsonObject } from "../platform/json/json_value.ts";

/** A JSON object from the database. Its size was checked when it was stored and is not checked again. */
export const storedObject = z.custom<JsonObject>((value) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
);

export const runStatusSchema = z.enum(["queued", "running", "complete", "failed", "cancelled"]);

const cellStatusSchema = z.enum([
  "queued",
  "running",
  "complete",
  "failed",
  "skipped",
  "cancelled",
]);
export type CellStatus = z.output<typeof cellStatusSchema>;

/** Run as clients see it. Times are ISO 8601. */
const runDetailsSchema = z.object({
  id: z.guid(),
  name: z.string(),
  status: runStatusSchema,
  /** Reason why the run failed, or which cells are missing. */
  error: z.string().nullable(),
  prompt_version_id: z.guid(),
  dataset_id: z.guid().nullable(),
  grader_version_id: z.guid().nullable(),
  grader: storedObject.nullable(),
  parameters: storedObject,
  repeats: z.number(),
  use_cache: z.boolean(),
  cell_count: z.number(),
  /** USD; null if a model has no price. */
  estimated_cost_usd: z.number().nullable(),
  cost_ceiling_usd: z.number(),
  /** USD that providers charged, grading included. */
  spent_usd: z.number(),
  /** Highest possible cost, in USD, of calls whose outcome is unknown. */
  written_off_usd: z.number(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  completed_at: z.string().nullable(),
});

/** Totals of one model of a run so far. */
const runModelTotalsSchema = z.object({
  id: z.guid(),
  label: z.string(),
  provider: z.string(),
  model: z.string(),
  /** Number of cells by status. */
  cells: z.record(cellStatusSchema, z.number()),
  /** Answers that `max_tokens` cut off. They count as complete and are graded. */
  cut_off: z.number(),
  cached: z.number(),
  graded: z.number(),
  overridden: z.number(),
  grader_failures: z.number(),
  /** 0–1. */
  mean_score: z.number().nullable(),
  tokens_in: z.number(),
  tokens_out: z.number(),
  tokens_cached: z.number(),
  /** USD; null if no call has a price. */
  cost_usd: z.number().nullable(),
  grader_cost_usd: z.number(),
  /** Milliseconds, accurate to 1 %. Cached answers do not count. */
  latency_p50_ms: z.number().nullable(),
  latency_p95_ms: z.number().nullable(),
});
export type RunModelTotals = z.output<typeof runModelTotalsSchema>;

/** Cell as clients see it: one call to a model. */
const runCellSchema = z.object({
  id: z.number(),
  run_model_id: z.guid(),
  /** From 0; null if the run has no dataset. */
  row_index: z.number().nullable(),
  /** From 0. */
  repeat: z.number(),
  status: cellStatusSchema,
  output_text: z.string().nullable(),
  /** Null without an answer. */
  answer_ending: z.enum(["stop", "length", "refusal", "filtered"]).nullable(),
  error_text: z.string().nullable(),
  latency_ms: z.number().nullable(),
  tokens_in: z.number().nullable(),
  tokens_out: z.number().nullable(),
  tokens_cached: z.number().nullable(),
  cost_usd: z.number().nullable(),
  is_cached: z.boolean(),
  attempts: z.number(),
  /** 0–1: the human's score if there is one, otherwise the grader's. */
  grade_score: z.number().nullable(),
  grade_reason: z.string().nullable(),
  graded_by: z.enum(["grader", "human"]).nullable(),
  grader_score: z.number().nullable(),
  grader_reason: z.string().nullable(),
  grader_error: z.string().nullable(),
  grader_cost_usd: z.number().nullable(),
  human_score: z.number().nullable(),
  human_reason: z.string().nullable(),
  started_at: z.string().nullable(),
  completed_at: z.string().nullable(),
});
export type RunCell = z.output<typeof runCellSchema>;

/** Run with the totals of its models and a page of its cells. */
export const runPageSchema = z.object({
  run: runDetailsSchema,
  models: z.array(runModelTotalsSchema),
  cells: z.array(runCellSchema),
});
export type RunPage = z.output<typeof runPageSchema>;

/** Fields of a cell that a comparison of two runs needs. */
const comparedCellSchema = z.object({
  /** From 0; null if the run has no dataset. */
  row_index: z.number().nullable(),
  model_label: z.string(),
  /** 0–1: the score that counts. */
  grade_score: z.number().nullable(),
  grader_score: z.number().nullable(),
  human_score: z.number().nullable(),
  latency_ms: z.number().nullable(),
  /** Input and output together. */
  tokens: z.number().nullable(),
  cost_usd: z.number().nullable(),
  is_cached: z.boolean(),
});
export type ComparedCell = z.output<typeof comparedCellSchema>;

/** Run on one side of a comparison, with its cells that were answered or failed. */
export const comparedRunSchema = z.object({
  run: z.object({
    id: z.guid(),
    name: z.string(),
    status: runStatusSchema,
    dataset_id: z.guid().nullable(),
    prompt_version_id: z.guid(),
    prompt_name: z.string(),
    prompt_version: z.number(),
  }),
  cells: z.array(comparedCellSchema),
});
export type ComparedRun = z.output<typeof comparedRunSchema>;
