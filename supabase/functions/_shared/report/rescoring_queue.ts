import { z } from "zod";
import { type ConfigSnapshot, configSnapshotSchema } from "../benchmark/config.ts";
import type { AnswerScores, StoredAnswer } from "../benchmark/score_answer.ts";
import { createBenchmarkStore, type LoadedReport } from "../benchmark/store.ts";
import { type Database, query, toJson } from "../platform/database.ts";
import { createWorkerLeases } from "../platform/jobs/worker_leases.ts";
import { type JsonObject, jsonObjectSchema } from "../platform/json/json_value.ts";
import { type ReportConclusion, type ReportRun, reportRunSchema } from "./report_types.ts";

/**
 * Largest number of runs that one query loads. It is small because runs that a job has no time to
 * score are loaded again.
 */
const MOST_RUNS = 50;
const MOST_CHARACTERS = 400_000;

const jobsSchema = z.array(z.object({
  job_id: z.number(),
  attempt: z.number(),
  payload: z.object({ report_id: z.string(), revision: z.number() }),
}));

const openSchema = z.object({
  scorer_version: z.number(),
  json_schema: jsonObjectSchema.nullable(),
  scored_runs: z.number(),
  runs: z.array(z.object({
    run_id: z.string(),
    image_index: z.number(),
    raw_output: z.string(),
    error_kind: z.string().nullable(),
    error_message: z.string().nullable(),
  })),
}).nullable();

const rescoredSchema = z.object({
  report: z.object({ config_snapshot: configSnapshotSchema }),
  runs: z.array(reportRunSchema),
});

/** The queue's functions for the worker that goes by `id`. */
export function createRescoringQueue(
  sql: Database,
  { id, wallClockMs }: { readonly id: string; readonly wallClockMs: number },
): RescoringQueue {
  const { register, release } = createWorkerLeases(
    sql,
    { id, functionName: "rescore-worker", groupId: null, wallClockMs },
  );
  const { loadReport } = createBenchmarkStore(sql, id);
  const call = async (statement: () => PromiseLike<{ readonly result: unknown }[]>) =>
    (await query(statement))[0]?.result;

  return {
    register,
    release,
    loadReport,
    async claim() {
      const [job] = jobsSchema.parse(
        await call(() =>
          sql<{ result: unknown }[]>`
            select public.claim_jobs(${id}, array['report_rescoring'], 1) as result`
        ),
      );
      return job === undefined
        ? null
        : { job_id: job.job_id, attempt: job.attempt, ...job.payload };
    },
    complete: async (job) =>
      await call(() =>
        sql<{ result: unknown }[]>`
          select public.complete_job(${id}, ${job.job_id}, ${job.attempt}) as result`
      ) === true,
    retry: async (job, delaySeconds, error) =>
      await call(() =>
        sql<{ result: unknown }[]>`
          select public.retry_job(
            ${id}, ${job.job_id}, ${job.attempt}, ${delaySeconds}, ${error}
          ) as result`
      ) === true,
    loadNext: async ({ report_id, revision }) =>
      openSchema.parse(
        await call(() =>
          sql<{ result: unknown }[]>`
            select public.load_rescoring(
              ${report_id}, ${revision}, ${MOST_RUNS}, ${MOST_CHARACTERS}
            ) as result`
        ),
      ),
    advance: async (job, scores) =>
      await call(() =>
        sql<{ result: unknown }[]>`
          select public.advance_rescoring(
            ${id}, ${job.job_id}, ${job.attempt}, ${sql.json(toJson(scores))}
          ) as result`
      ) === true,
    async loadRescored(reportId) {
      const { report, runs } = rescoredSchema.parse(
        await call(() =>
          sql<{ result: unknown }[]>`select public.load_rescored(${reportId}) as result`
        ),
      );
      return { snapshot: report.config_snapshot, runs };
    },
    apply: async ({ report_id, revision }, { recommendedModelId, rationale, summary }) =>
      await call(() =>
        sql<{ result: unknown }[]>`
          select public.apply_rescoring(
            ${report_id}, ${revision}, ${recommendedModelId}, ${rationale},
            ${sql.json(toJson(summary))}
          ) as result`
      ) === true,
    fail: async ({ report_id, revision }, error) => {
      await call(() =>
        sql<{ result: unknown }[]>`
          select public.fail_rescoring(${report_id}, ${revision}, ${error})::text as result`
      );
    },
  };
}

/** Reports that are scored again, as their worker sees them. Each call is one transaction. */
export interface RescoringQueue {
  /** `false`: another worker is at it. */
  register(): Promise<boolean>;
  claim(): Promise<RescoringJob | null>;
  complete(job: RescoringJob): Promise<boolean>;
  retry(job: RescoringJob, delaySeconds: number, error: string): Promise<boolean>;
  /** Leaves, and with `chain` has a successor started where work is left. */
  release(chain: boolean): Promise<void>;
  loadReport(reportId: string): Promise<LoadedReport>;
  /** `null`: the revision is no longer being scored, or its report is gone. */
  loadNext(job: RescoringJob): Promise<OpenRevision | null>;
  /** Keeps scores, ends the job and enqueues the next, all together. `false`: the lease was lost. */
  advance(job: RescoringJob, scores: readonly RescoredRun[]): Promise<boolean>;
  /** All runs of the report with their new scores. */
  loadRescored(
    reportId: string,
  ): Promise<{ readonly snapshot: ConfigSnapshot; readonly runs: readonly ReportRun[] }>;
  /** Shows the revision. `false`: it is no longer being scored. */
  apply(job: RescoringJob, conclusion: ReportConclusion): Promise<boolean>;
  /** Gives the revision up. */
  fail(job: RescoringJob, error: string): Promise<void>;
}

/** A leased job: the next answers of one revision. */
export interface RescoringJob {
  readonly job_id: number;
  /** Number of this lease; with the worker's id it proves that the lease is still ours. */
  readonly attempt: number;
  readonly report_id: string;
  readonly revision: number;
}

/** A revision that is being scored, with its next answers; none are left where `runs` is empty. */
export interface OpenRevision {
  /** The version of the scorer that it was asked of. */
  readonly scorer_version: number;
  /** Whose rules count; null for the ordered schema. */
  readonly json_schema: JsonObject | null;
  /** Number of the revision's answers that are already scored. */
  readonly scored_runs: number;
  readonly runs: readonly (StoredAnswer & {
    readonly run_id: string;
    readonly image_index: number;
  })[];
}

/** A run and what it scores now. */
export interface RescoredRun {
  readonly run_id: string;
  readonly scores: AnswerScores;
}
