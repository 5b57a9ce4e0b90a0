import { z } from "zod";
import { configSnapshotSchema } from "../benchmark/snapshot.ts";
import type { AnswerScores } from "../benchmark/run_result.ts";
import { createBenchmarkStore } from "../benchmark/store.ts";
import { type Database, query, toJson } from "../platform/database.ts";
import { createPlainSource, type PlainJob, type PlainResult } from "../platform/jobs/job_source.ts";
import type { WorkerIdentity } from "../platform/jobs/worker_leases.ts";
import { jsonObjectSchema } from "../platform/json/json_value.ts";
import type { ReportConclusion } from "./report_summary.ts";
import { reportRunSchema } from "./report_run.ts";

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

const rescoredSchema = z.object({
  report: z.object({ config_snapshot: configSnapshotSchema }),
  runs: z.array(reportRunSchema),
});

/** Returns the reports to score again for one worker. Each call is one transaction. */
export function createRescoringQueue(sql: Database, worker: WorkerIdentity) {
  const { id } = worker;
  const names = { functionName: "rescore-worker", kinds: ["report_rescoring"] };
  const { register, release, exchange } = createPlainSource(sql, names, payloadSchema, worker);
  const { loadReport } = createBenchmarkStore(sql, id);
  const call = async (statement: () => PromiseLike<{ readonly result: unknown }[]>) =>
    (await query(statement))[0]?.result;
  const end = async (result: PlainResult) =>
    (await query(() => exchange([result], 0, false))).rejected.length === 0;

  return {
    register: () => register(0),
    release,
    loadReport,
    async claim(): Promise<RescoringJob | null> {
      const { jobs: [job] } = await query(() => exchange([], 1, false));
      if (job === undefined) return null;
      const { payload, ...leased } = job;
      return { ...leased, ...payload };
    },
    complete: ({ job_id, attempt }: RescoringJob) => end({ job_id, attempt, outcome: "complete" }),
    /** Releases the job for another attempt, or fails it after its last attempt. */
    retry: ({ job_id, attempt }: RescoringJob, run_at_ms: number, error_message: string) =>
      end({ job_id, attempt, outcome: "retry", run_at_ms, error_message }),
    /** Returns null if the revision is no longer being scored or its report was deleted. */
    loadNext: async ({ report_id, revision }: RescoringJob) =>
      openRevisionSchema.nullable().parse(
        await call(() =>
          sql<{ result: unknown }[]>`
            select public.load_rescoring(
              ${report_id}, ${revision}, ${MOST_RUNS}, ${MOST_CHARACTERS}
            ) as result`
        ),
      ),
    /**
     * Stores the scores, ends the job and enqueues the next one. Returns false if the lease was
     * lost.
     */
    advance: async (job: RescoringJob, scores: readonly RescoredRun[]) =>
      await call(() =>
        sql<{ result: unknown }[]>`
          select public.advance_rescoring(
            ${id}, ${job.job_id}, ${job.attempt}, ${sql.json(toJson(scores))}
          ) as result`
      ) === true,
    /** Returns all runs of the report with their new scores. */
    async loadRescored(reportId: string) {
      const { report, runs } = rescoredSchema.parse(
        await call(() =>
          sql<{ result: unknown }[]>`select public.load_rescored(${reportId}) as result`
        ),
      );
      return { snapshot: report.config_snapshot, runs };
    },
    /** Shows the revision. Returns false if it is no longer being scored. */
    apply: async (
      { report_id, revision }: RescoringJob,
      { recommendedModelId, rationale, summary }: ReportConclusion,
    ) =>
      await call(() =>
        sql<{ result: unknown }[]>`
          select public.apply_rescoring(
            ${report_id}, ${revision}, ${recommendedModelId}, ${rationale},
            ${sql.json(toJson(summary))}
          ) as result`
      ) === true,
    /** Fails the revision; the report keeps showing the earlier one. */
    async fail({ report_id, revision }: RescoringJob, error: string): Promise<void> {
      await call(() =>
        sql<{ result: unknown }[]>`
          select public.fail_rescoring(${report_id}, ${revision}, ${error})::text as result`
      );
    },
  };
}

/** Queue of rescoring jobs as one worker sees it. Each method is one transaction. */
export type RescoringQueue = ReturnType<typeof createRescoringQueue>;

/** A leased job: scoring the next answers of one revision. */
export interface RescoringJob
  extends Omit<PlainJob<unknown>, "payload">, z.output<typeof payloadSchema> {}

/** A run with its new scores. */
export interface RescoredRun {
  readonly run_id: string;
  readonly scores: AnswerScores;
}
