import { z } from "zod";
import type { RescoringQueue } from "../../rescore-worker/rescore_reports.ts";
import { configSnapshotSchema } from "../benchmark/config.ts";
import { createBenchmarkStore } from "../benchmark/store.ts";
import { type Database, query, toJson } from "../platform/database.ts";
import { createWorkerLeases } from "../platform/jobs/worker_leases.ts";
import { jsonObjectSchema } from "../platform/json/json_value.ts";
import { reportRunSchema } from "./report_types.ts";

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
