import { z } from "zod";
import type { FailedCall, UnsentCall } from "../models/calls/call_with_retries.ts";
import type { AnswerEnding, Charge } from "../models/calls/model_call.ts";
import { jobTriesShape } from "../platform/jobs/worker_leases.ts";
import { storedObject } from "./prompt_run.ts";

const cellJobShape = {
  job_id: z.number(),
  /** Number of the lease. Together with the worker's id it proves that the worker still holds the job. */
  attempt: z.number(),
  ...jobTriesShape,
  /** Number of workers that died while they held this job. */
  crashes: z.number(),
  run_id: z.string(),
  cell_id: z.number(),
  run_model_id: z.string(),
  /** From 0; null if the run has no dataset. */
  row_index: z.number().nullable(),
  /** From 0. */
  repeat: z.number(),
  /** Row of the dataset; null if the run has no dataset. */
  data: storedObject.nullable(),
} as const;

const promptCellJobSchema = z.object({ kind: z.literal("prompt_cell"), ...cellJobShape });

/** Leased job that asks a model. */
export type PromptCellJob = z.output<typeof promptCellJobSchema>;

const promptGradeJobSchema = z.object({
  kind: z.literal("prompt_grade"),
  ...cellJobShape,
  /** Answer to grade. */
  output_text: z.string(),
});

/** Leased job that has a model grade an answer. */
export type PromptGradeJob = z.output<typeof promptGradeJobSchema>;

/** Job of the prompt worker as the queue hands it out. */
export const promptJobSchema = z.discriminatedUnion("kind", [
  promptCellJobSchema,
  promptGradeJobSchema,
]);
export type PromptJob = z.output<typeof promptJobSchema>;

type JobLease = Pick<PromptJob, "job_id" | "attempt">;

interface ResultOf extends JobLease {
  /** Prefetched job that has taken this one's place. */
  readonly next_job?: JobLease;
  /** True if the provider refused a call for its rate limit. It gets fewer calls at once from now on. */
  readonly rate_limited?: boolean;
  /** Milliseconds for which the provider accepts no call. */
  readonly pause_ms?: number;
}

/** Cost of a call in USD. If it is null, `charge` says whether the reservation is written off. */
interface Cost {
  readonly actual_cost: number | null;
  readonly charge?: Charge;
}

/** Result of a call that brought an answer, in the columns of `run_cells`. */
export interface AnsweredCell extends ResultOf, Cost {
  readonly outcome: "complete";
  readonly output_text: string;
  readonly answer_ending: AnswerEnding;
  readonly latency_ms: number;
  readonly tokens_in: number | null;
  readonly tokens_out: number | null;
  readonly tokens_cached: number | null;
  readonly served_model?: string | null;
  readonly served_other?: boolean;
  readonly provider_request_id?: string | null;
  /** True if the answer came from the cache. `actual_cost` is 0 then. */
  readonly is_cached?: boolean;
  /** Key under which the answer is cached, see `CachedCall`. */
  readonly cache_key?: string;
  /** 0–1. The grader's fields are set only if code grades. */
  readonly grader_score?: number | null;
  readonly grader_reason?: string | null;
  readonly grader_error?: string | null;
}

/** Result of a grading call that the grader answered. */
export interface AnsweredGrade extends ResultOf, Cost {
  readonly outcome: "complete";
  /** 0–1; null if no score could be read from the grader's answer. */
  readonly grader_score: number | null;
  readonly grader_reason: string | null;
  readonly grader_error: string | null;
}

/**
 * Result of a call for a cell or a grade. After `fatal` the job waits until the provider accepts
 * our account again.
 */
export type PromptResult =
  | AnsweredCell
  | AnsweredGrade
  | ResultOf & FailedCall;

/** Job that goes back to the queue because its provider could not be reached. */
export type UnsentPrompt = JobLease & UnsentCall;

/** Everything that a worker reports about a job: its result, or that it never started. */
export type PromptJobResult =
  | PromptResult
  | UnsentPrompt
  | JobLease & { readonly outcome: "release" };
