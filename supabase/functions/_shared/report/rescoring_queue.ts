import { z } from "zod";
import { type ConfigSnapshot, configSnapshotSchema } from "../benchmark/snapshot.ts";
import type { AnswerScores } from "../benchmark/score_answer.ts";
import { createBenchmarkStore, type LoadedReport } from "../benchmark/store.ts";
import { type Database, query, toJson } from "../platform/database.ts";
import { createPlainSource, type PlainResult } from "../platform/jobs/job_source.ts";
import type { WorkerIdentity } from "../platform/jobs/worker_leases.ts";
import { jsonObjectSchema } from "../platform/json/json_value.ts";
import type { ReportConclusion } from "./report_summary.ts";
import { type ReportRun, reportRunSchema } from "./report_run.ts";

/**
 * Largest number of runs that one query loads. It is small because runs that a job has no time to
 * score are loaded again.
 */
const MOST_RUNS = 50;
const MOST_CHARACTERS = 400_000;

const payloadSchema = z.object({ report_id: z.string(), revision: z.number() });

/** A revision that is being scored, with its next answers. `runs` is empty if none are left. */
const openRevisionSchema = z.object({
  /** Version of the scorer that the revision was requested of. */
  scorer_version: z.number(),
  /** Schema whose rules count; null for the ordered schema. */
  json_schema: jsonObjectSchema.nullable(),
  /** Number of the revision's answers that are already scored. */
  scored_runs: z.number(),
  runs: z.array(z.object({
    run_id: z.string(),
    image_index: z.number(),
    raw_output: z.string(),
    error_kind: z.string().nullable(),
    error_message: z.string().nullable(),
  })),
});
type OpenRevision = z.infer<typeof openRevisionSchema>;

const rescoredSchema = z.object({
  report: z.object({ config_snapshot: configSnapshotSchema }),
  runs: z.array(reportRunSchema),
});

/** Returns the reports to score again for one worker. Each call is one transaction. */
export function createRescoringQueue(sql: Database, worker: WorkerIdentity): RescoringQueue {
  const { id } = worker;
  const names = { functionName: "rescore-worker", kind: "report_rescoring" };
  const { register, release, exchange } = createPlainSource(sql, names, payloadSchema, worker);
  const { loadReport } = createBenchmarkStore(sql, id);
  const call = async (statement: () => PromiseLike<{ readonly result: unknown }[]>) =>
    (await query(statement))[0]?.result;
  const end = async (result: PlainResult) =>
    (await query(() => exchange([result], 0, false))).rejected.length === 0;

  return {
    register,
    release,
    loadReport,
    async claim() {
      const { jobs: [job] } = await query(() => exchange([], 1, false));
      return job === undefined
        ? null
        : { job_id: job.job_id, attempt: job.attempt, tries: job.tries, ...job.payload };
    },
    complete: ({ job_id, attempt }) => end({ job_id, attempt, outcome: "complete" }),
    retry: ({ job_id, attempt }, run_at_ms, error_message) =>
      end({ job_id, attempt, outcome: "retry", run_at_ms, error_message }),
    loadNext: async ({ report_id, revision }) =>
      openRevisionSchema.nullable().parse(
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

/** Queue of rescoring jobs as one worker sees it. Each method is one transaction. */
export interface RescoringQueue {
  /** Returns false if another worker is running. */
  register(): Promise<boolean>;
  claim(): Promise<RescoringJob | null>;
  complete(job: RescoringJob): Promise<boolean>;
  /** Releases the job for another attempt, or fails it after its last attempt. */
  retry(job: RescoringJob, delayMs: number, error: string): Promise<boolean>;
  /** Signs the worker off. With `chain`, a successor is started if jobs are left. */
  release(chain: boolean): Promise<void>;
  loadReport(reportId: string): Promise<LoadedReport>;
  /** Returns null if the revision is no longer being scored or its report was deleted. */
  loadNext(job: RescoringJob): Promise<OpenRevision | null>;
  /**
   * Stores the scores, ends the job and enqueues the next one. Returns false if the lease was lost.
   */
  advance(job: RescoringJob, scores: readonly RescoredRun[]): Promise<boolean>;
  /** Returns all runs of the report with their new scores. */
  loadRescored(
    reportId: string,
  ): Promise<{ readonly snapshot: ConfigSnapshot; readonly runs: readonly ReportRun[] }>;
  /** Shows the revision. Returns false if it is no longer being scored. */
  apply(job: RescoringJob, conclusion: ReportConclusion): Promise<boolean>;
  /** Fails the revision; the report keeps showing the earlier one. */
  fail(job: RescoringJob, error: string): Promise<void>;
}

/** A leased job: scoring the next answers of one revision. */
export interface RescoringJob {
  readonly job_id: number;
  /** Number of this lease; with the worker's id it proves that the lease is still ours. */
  readonly attempt: number;
  /** Number of claims that count, this one included; at least 1. */
  readonly tries: number;
  readonly report_id: string;
  readonly revision: number;
}

/** A run with its new scores. */
export interface RescoredRun {
  readonly run_id: string;
  readonly scores: AnswerScores;
}
