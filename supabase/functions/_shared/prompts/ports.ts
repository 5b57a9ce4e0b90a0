import type { UnsentCall } from "../models/calls/call_with_retries.ts";
import type { AnswerEnding, Charge, TransientFailure } from "../models/calls/model_provider.ts";
import type { LongContextPrices } from "../models/token_prices.ts";
import type { JobTries } from "../platform/jobs/retry_policy.ts";
import type { Reply, WorkSource } from "../platform/jobs/run_worker.ts";
import type { JsonObject } from "../platform/json/json_value.ts";
import type { ComparedCell } from "./compare_prompt_runs.ts";

/** USD a token; null where the model has no price. */
export interface RunModelPrices {
  readonly input_price: number | null;
  readonly cached_input_price: number | null;
  readonly output_price: number | null;
  /** Prices of long calls; null where the length of the input does not change them. */
  readonly long_context: LongContextPrices | null;
}

/** A model of a run about to be opened. */
export interface NewRunModel extends RunModelPrices {
  readonly provider: string;
  /** The provider's name for it. */
  readonly model: string;
  /** Unlike those of the run's other models. */
  readonly label: string;
  /** USD that a call takes at most; 0 where the model has no price. */
  readonly reservation_usd: number;
}

/** A run about to be opened. */
export interface NewPromptRun {
  readonly name: string;
  readonly prompt_version_id: string;
  /** Null: the prompt has no placeholders and each model is asked once per repeat. */
  readonly dataset_id: string | null;
  /** Of a grader prompt, where a model grades. */
  readonly grader_version_id: string | null;
  /** Its `type` is `prompt` where a model grades, with the `provider`; null for no grading. */
  readonly grader: JsonObject | null;
  readonly parameters: JsonObject;
  readonly repeats: number;
  readonly use_cache: boolean;
  /** USD; null where some model has no price. */
  readonly estimated_cost_usd: number | null;
  /** USD. At 0 nothing is called, not even what is free. */
  readonly cost_ceiling_usd: number;
  /** USD that one grade by a model takes at most. */
  readonly grading_reservation_usd: number;
  /** Calls at once; as many as a report has where it is left out. */
  readonly max_in_flight?: number;
  readonly models: readonly NewRunModel[];
}

/** A run that was opened now, or before under the same key. */
export interface OpenedRun {
  readonly runId: string;
  readonly isNew: boolean;
}

/** A field that a row lacks. */
export interface LackingRow {
  readonly field: string;
  readonly row_index: number;
}

/** How many jobs a command concerned. */
export interface CancelledRun {
  readonly run_id: string;
  readonly status: RunStatus;
  /** Jobs taken out of the queue. */
  readonly cancelled: number;
  /** Jobs under way, which end and count. */
  readonly in_flight: number;
}

/** What is done again. */
export interface ReopenedRun {
  readonly run_id: string;
  readonly status: RunStatus;
  readonly cells: number;
  readonly grades: number;
}

export type RunStatus = "queued" | "running" | "complete" | "failed" | "cancelled";
export type CellStatus = "queued" | "running" | "complete" | "failed" | "skipped" | "cancelled";

/** A run as it is shown. Times are ISO 8601. */
export interface RunDetails {
  readonly id: string;
  readonly name: string;
  readonly status: RunStatus;
  /** What is missing, or why it failed. */
  readonly error: string | null;
  readonly prompt_version_id: string;
  readonly dataset_id: string | null;
  readonly grader_version_id: string | null;
  readonly grader: JsonObject | null;
  readonly parameters: JsonObject;
  readonly repeats: number;
  readonly use_cache: boolean;
  readonly cell_count: number;
  readonly estimated_cost_usd: number | null;
  readonly cost_ceiling_usd: number;
  /** USD that providers charged, grading included. */
  readonly spent_usd: number;
  /** USD at most, of calls that were lost on their way. */
  readonly written_off_usd: number;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly completed_at: string | null;
}

/** How a model of a run does so far. */
export interface RunModelTotals {
  readonly id: string;
  readonly label: string;
  readonly provider: string;
  readonly model: string;
  readonly cells: Readonly<Record<CellStatus, number>>;
  /** Answers that `max_tokens` broke off; they are complete all the same, and graded. */
  readonly cut_off: number;
  readonly cached: number;
  readonly graded: number;
  readonly overridden: number;
  readonly grader_failures: number;
  /** 0–1. */
  readonly mean_score: number | null;
  readonly tokens_in: number;
  readonly tokens_out: number;
  readonly tokens_cached: number;
  /** USD; null where no call has a price. */
  readonly cost_usd: number | null;
  readonly grader_cost_usd: number;
  /** Milliseconds of completed calls, cached ones aside, 1 % off at most. */
  readonly latency_p50_ms: number | null;
  readonly latency_p95_ms: number | null;
}

/** A cell as it is shown. */
export interface RunCell {
  readonly id: number;
  readonly run_model_id: string;
  readonly row_index: number | null;
  readonly repeat: number;
  readonly status: CellStatus;
  readonly output_text: string | null;
  /** Null without an answer. */
  readonly answer_ending: AnswerEnding | null;
  readonly error_text: string | null;
  readonly latency_ms: number | null;
  readonly tokens_in: number | null;
  readonly tokens_out: number | null;
  readonly tokens_cached: number | null;
  readonly cost_usd: number | null;
  readonly is_cached: boolean;
  readonly attempts: number;
  readonly grade_score: number | null;
  readonly grade_reason: string | null;
  readonly graded_by: "grader" | "human" | null;
  readonly grader_score: number | null;
  readonly grader_reason: string | null;
  readonly grader_error: string | null;
  readonly grader_cost_usd: number | null;
  readonly human_score: number | null;
  readonly human_reason: string | null;
  readonly started_at: string | null;
  readonly completed_at: string | null;
}

/** A run with a page of its cells. */
export interface RunPage {
  readonly run: RunDetails;
  readonly models: readonly RunModelTotals[];
  readonly cells: readonly RunCell[];
}

/** A run on one side of a comparison, with its cells that were answered or failed. */
export interface ComparedRun {
  readonly run: {
    readonly id: string;
    readonly name: string;
    readonly status: RunStatus;
    readonly dataset_id: string | null;
    readonly prompt_version_id: string;
    readonly prompt_name: string;
    readonly prompt_version: number;
  };
  readonly cells: readonly ComparedCell[];
}

/** Runs as their owners start, see and steer them. What is somebody else's is not there. */
export interface PromptRunStore {
  /** The run that the key opened, if any; `"conflict"` when it came with another request. */
  findOpened(
    ownerId: string,
    idempotencyKey: string,
    requestHash: string,
  ): Promise<OpenedRun | "conflict" | null>;
  /**
   * Opens a run, or finds the one that the same key opened; `"conflict"` when the key came with
   * another request.
   *
   * @throws {Problem} `resource.not_found` for what is not the owner's
   */
  openRun(
    ownerId: string,
    run: NewPromptRun,
    idempotencyKey: string | null,
    requestHash: string,
  ): Promise<OpenedRun | "conflict">;
  /** The first of the fields that some row of the dataset lacks, with the first such row. */
  findLackingRow(
    ownerId: string,
    datasetId: string,
    fields: readonly string[],
  ): Promise<LackingRow | null>;
  /**
   * @param after id of the last cell that was seen; 0 for the first page.
   * @throws {Problem} `resource.not_found`, as all below
   */
  getRun(ownerId: string, runId: string, after: number, limit: number): Promise<RunPage>;
  compareRuns(
    ownerId: string,
    beforeId: string,
    afterId: string,
  ): Promise<{ readonly before: ComparedRun; readonly after: ComparedRun }>;
  cancelRun(ownerId: string, runId: string): Promise<CancelledRun>;
  /** Goes on with what was cancelled, or skipped by the ceiling: null leaves that as it is. */
  resumeRun(
    ownerId: string,
    runId: string,
    costCeilingUsd: number | null,
  ): Promise<ReopenedRun>;
  retryFailedCells(ownerId: string, runId: string): Promise<ReopenedRun>;
}

interface LoadedPrompt {
  readonly version_id: string;
  readonly body: string;
  readonly placeholders: readonly string[];
}

/** What a worker knows of a run. */
export interface LoadedPromptRun {
  readonly run: {
    readonly id: string;
    readonly owner_id: string;
    readonly name: string;
    readonly status: RunStatus;
    readonly dataset_id: string | null;
    readonly grader: JsonObject | null;
    readonly parameters: JsonObject;
    readonly repeats: number;
    readonly use_cache: boolean;
    readonly grading_reservation_usd: number;
  };
  readonly models: readonly (NewRunModel & { readonly id: string })[];
  readonly prompt: LoadedPrompt;
  readonly grader_prompt: LoadedPrompt | null;
}

/** A call as the cache knows it. */
export interface CachedCall {
  /** SHA-256, in hexadecimal, of provider, model, parameters and rendered prompt. */
  readonly key: string;
  readonly repeat: number;
}

/** What such a call has brought before. */
export interface CachedAnswer extends CachedCall {
  readonly output_text: string;
  readonly latency_ms: number | null;
  readonly tokens_in: number | null;
  readonly tokens_out: number | null;
  readonly tokens_cached: number | null;
}

/** Runs as a worker reads them. */
export interface PromptRunReader {
  /** Null: the run is gone. */
  loadRun(runId: string): Promise<LoadedPromptRun | null>;
  /** As far as there are any; none for a run that did not ask for the cache. */
  lookUpCached(runId: string, calls: readonly CachedCall[]): Promise<readonly CachedAnswer[]>;
}

interface JobLease {
  readonly job_id: number;
  /** Number of this lease; with the worker's id it proves that the lease is still ours. */
  readonly attempt: number;
}

interface CellOfJob extends JobLease, JobTries {
  readonly run_id: string;
  readonly cell_id: number;
  readonly run_model_id: string;
  /** Null: the run has no dataset. */
  readonly row_index: number | null;
  readonly repeat: number;
  /** The row. */
  readonly data: JsonObject | null;
  /** Workers that this job has lost. */
  readonly crashes: number;
}

/** A leased job that calls a model. */
export interface PromptCellJob extends CellOfJob {
  readonly kind: "prompt_cell";
}

/** A leased job that has a model grade an answer. */
export interface PromptGradeJob extends CellOfJob {
  readonly kind: "prompt_grade";
  readonly output_text: string;
}

export type PromptJob = PromptCellJob | PromptGradeJob;

interface ResultOf extends JobLease {
  /** The job on standby that has taken this one's place. */
  readonly next_job?: JobLease;
  /** Whether the provider turned a call away: it gets fewer at once from now on. */
  readonly rate_limited?: boolean;
  /** Milliseconds for which the provider wants no call at all. */
  readonly pause_ms?: number;
  /** Why the provider gave no answer, where it gave none: outages are seen by it. */
  readonly failure?: TransientFailure["reason"];
}

/** USD; null where unknown, and then `charge` says whether the reservation is written off. */
interface Cost {
  readonly actual_cost: number | null;
  readonly charge?: Charge;
}

/** A call that brought an answer. Columns of `run_cells`. */
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
  /** Served from the cache: `actual_cost` is 0. */
  readonly is_cached?: boolean;
  /** To keep the answer by: see {@link CachedCall}. */
  readonly cache_key?: string;
  /** Where code grades. 0–1. */
  readonly grader_score?: number | null;
  readonly grader_reason?: string | null;
  readonly grader_error?: string | null;
}

/** A grade, or why there is none although the grader answered. */
export interface AnsweredGrade extends ResultOf, Cost {
  readonly outcome: "complete";
  /** 0–1. */
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
  | ResultOf & Cost & {
    readonly outcome: "failed" | "fatal";
    readonly error_message: string;
    /**
     * Time of the next allowed call to the provider, in milliseconds since 1970. Set only if the
     * outcome is `fatal`. Null if the provider names no time.
     */
    readonly retry_at_ms?: number | null;
  }
  | ResultOf & Cost & {
    readonly outcome: "retry";
    readonly error_message: string;
    /** Milliseconds from now. */
    readonly run_at_ms: number;
  };

/** A job that goes back to the queue because its provider could not be reached. */
export type UnsentPrompt = JobLease & UnsentCall;

/** All that a worker reports of its jobs: what came of them, or that they never started. */
export type PromptJobResult =
  | PromptResult
  | UnsentPrompt
  | JobLease & { readonly outcome: "release" };

/** A run that ended with the results that were told. */
export interface ClosedPromptRun {
  readonly run_id: string;
  readonly status: RunStatus;
  readonly error: string | null;
  readonly estimated_cost_usd: number | null;
  readonly spent_usd: number;
  readonly written_off_usd: number;
}

/** The queue as a prompt worker sees it. */
export interface PromptSource extends WorkSource<PromptJob, PromptJobResult> {
  exchange(
    results: readonly PromptJobResult[],
    want: number,
    ahead: boolean,
  ): Promise<Reply<PromptJob> & { readonly closed: readonly ClosedPromptRun[] }>;
}
