import { z } from "zod";
import type { FieldError, ScoreDetail } from "../compare/output_score.ts";
import type { UnsentCall } from "../models/calls/call_with_retries.ts";
import type { RequestChange } from "../models/calls/change_request.ts";
import type { Charge, TransientFailure } from "../models/calls/model_call.ts";
import type { SchemaRegime } from "../models/schemas/fit_schema.ts";
import { jobTriesShape } from "../platform/jobs/worker_leases.ts";
import type { JsonValue } from "../platform/json/json_value.ts";

const leasedShape = {
  job_id: z.number(),
  /** Number of this lease. With the worker's id it proves that the lease is still ours. */
  attempt: z.number(),
  ...jobTriesShape,
  report_id: z.string(),
} as const;

const benchmarkRunSchema = z.object({
  kind: z.literal("benchmark_run"),
  ...leasedShape,
  run_id: z.string(),
  model_id: z.string(),
  /** Index into the snapshot's images. */
  image_index: z.number(),
  repeat_index: z.number(),
  /** Number of workers that were lost while they had this job. */
  crashes: z.number(),
});

const reportJobSchema = z.object({
  kind: z.enum(["report_finalization", "race_look"]),
  ...leasedShape,
});

/** A leased job of the queue of benchmarks. */
export const workerJobSchema = z.discriminatedUnion("kind", [benchmarkRunSchema, reportJobSchema]);
export type WorkerJob = z.infer<typeof workerJobSchema>;

/** A leased job that makes one call. */
export type BenchmarkRunJob = z.infer<typeof benchmarkRunSchema>;

/** A leased job that computes a report from its runs, or decides which models of a race stop. */
export type ReportJob = z.infer<typeof reportJobSchema>;

interface JobLease {
  readonly job_id: number;
  readonly attempt: number;
}

interface ResultOf extends JobLease, ServedColumns, Partial<AskedColumns> {
  /** Reason for having no answer from the provider. The queue detects outages by it. */
  readonly failure?: TransientFailure["reason"];
  /** The prefetched job that has taken this one's place. */
  readonly next_job?: JobLease;
}

/**
 * Reason for a call without a usable answer that counts against the model: every field is missing,
 * and the run has an accuracy of 0.
 */
export type NoAnswer =
  | "no_json"
  | "refusal"
  | "filtered"
  /** At the model's own limit of tokens. */
  | "cut_off"
  | "empty"
  | "timeout"
  /** The model cannot take this image, prompt or schema. */
  | "rejected";

/**
 * Reason for a run that does not count, since it says nothing about its model: the provider was down
 * or overloaded, has no such model for us, refuses our account, or refuses our request (schema,
 * parameter, image address); or another fault of ours.
 */
export type NoResult =
  | "outage"
  | "unavailable"
  | "no_access"
  | "schema_refused"
  | "parameter_refused"
  | "image_unreadable"
  /** Our token limit ended the answer, and so did the raised one. */
  | "cut_by_limit"
  | "fault";

/**
 * Identity of who answered. Columns of `benchmark_runs`, and without the company of `run_cells`.
 */
export interface ServedColumns {
  readonly served_model?: string | null;
  readonly served_provider?: string | null;
  readonly provider_request_id?: string | null;
  /** True if a model other than the requested one answered. */
  readonly served_other?: boolean;
}

/** Form of the last request to the model. Columns of `benchmark_runs`. */
export interface AskedColumns {
  readonly schema_regime: SchemaRegime;
  /** Last change after a refusal or an answer cut off by our limit. Null if there was none. */
  readonly request_change: RequestChange | null;
}

/** Scores of a run: the columns of `benchmark_runs` that a later scorer writes again. */
export interface AnswerScores<Kind extends string = string> {
  readonly output_json: JsonValue;
  readonly is_valid_json: boolean;
  readonly exact_match: boolean;
  /** 0 to 100. */
  readonly field_accuracy: number;
  readonly field_errors: readonly FieldError[];
  readonly score: ScoreDetail;
  /** Reason for having no answer; null if there is one. */
  readonly error_kind: Kind | null;
  readonly error_message: string | null;
}

/** Measurements of a call. Columns of `benchmark_runs`. */
interface Measured extends AnswerScores<NoAnswer> {
  /** Text as the model wrote it, code fence included. */
  readonly raw_output: string;
  /** Milliseconds that the model took, or until the timeout; null if it never ran. */
  readonly response_time_ms: number | null;
  readonly input_tokens: number | null;
  readonly output_tokens: number | null;
  readonly cached_tokens: number | null;
  /** Part of the output; null if the provider does not say. */
  readonly reasoning_tokens: number | null;
  /** USD; null if unknown. */
  readonly actual_cost: number | null;
  /** Set if the cost is unknown. If absent then, the reservation is written off. */
  readonly charge?: Charge;
}

/** What a run without a result tells. */
interface Unmeasured {
  readonly error_message: string;
  /** Reason for it; of a run that is tried again, the one it ends with if the queue gives it up. */
  readonly error_kind: NoResult;
  readonly charge: Charge;
  readonly actual_cost: number | null;
}

/** Result of a run's job. */
export type RunResult =
  | ResultOf & Measured & { readonly outcome: "complete" }
  | ResultOf & Unmeasured & { readonly outcome: "failed" }
  | ResultOf & Unmeasured & {
    readonly outcome: "retry";
    /** Milliseconds from now. */
    readonly run_at_ms: number;
  }
  | ResultOf & {
    readonly outcome: "fatal";
    readonly error_message: string;
    readonly error_kind: "no_access";
    readonly charge: "none";
    /**
     * Milliseconds since 1970 at which the provider may be called again; null if it does not say.
     */
    readonly retry_at_ms: number | null;
  };

/** A job that goes back to the queue because its provider could not be reached. */
export type UnsentRun = JobLease & UnsentCall;

/** Everything that a worker reports about a job: its result, or that it never started. */
export type JobResult = RunResult | UnsentRun | JobLease & { readonly outcome: "release" };
