import { z } from "zod";
import { type Database, toJson } from "../platform/database.ts";
import type { Reply, WorkSource } from "../platform/jobs/run_worker.ts";
import {
  createWorkerLeases,
  type ObserveStatement,
  toReply,
  type WorkerIdentity,
} from "../platform/jobs/worker_leases.ts";
import { type JobResult, type WorkerJob, workerJobSchema } from "./run_result.ts";
import { configSnapshotSchema } from "./snapshot.ts";

const replySchema = z.object({
  jobs: z.array(workerJobSchema),
  prefetched: z.array(workerJobSchema),
  revoked: z.array(z.number()),
  rejected: z.array(z.number()),
  /** Reports that failed or were refunded while they were worked on, once their last call is back. */
  closed: z.array(z.object({
    report_id: z.string(),
    status: z.enum(["failed", "refunded"]),
    error: z.string().nullable(),
    predicted_cost_usd: z.number().nullable(),
    actual_cost_usd: z.number().nullable(),
  })),
  waiting: z.number(),
  in_flight: z.number(),
  next_run_at_ms: z.number().nullable(),
});

/** A report as the worker loads it. */
export const loadedReportSchema = z.object({
  report_id: z.string(),
  config_snapshot: configSnapshotSchema,
}).transform(({ report_id, config_snapshot }) => ({
  reportId: report_id,
  snapshot: config_snapshot,
}));
export type LoadedReport = z.output<typeof loadedReportSchema>;

/** A race between two batches, as `load_race` returns it. */
const loadedRaceSchema = z.object({
  /** Numbers of images after which the race is looked at, ascending. */
  looks: z.array(z.number()).readonly(),
  /** The one of them that this look is. */
  look: z.number(),
  /** Percentage points that a model may be behind the leader and still be recommended. */
  accuracy_margin: z.number(),
  /** Models that still run, with their completed runs. */
  models: z.array(z.object({
    model_id: z.string(),
    scores: z.array(z.object({
      image_index: z.number(),
      /** 0 to 100. */
      field_accuracy: z.number(),
      error_kind: z.string().nullable(),
      /** True if a model other than the requested one answered. */
      served_other: z.boolean(),
    })).readonly(),
  })).readonly(),
});
export type LoadedRace = z.output<typeof loadedRaceSchema>;

/** Reports and their races as the worker reads and advances them. */
export type BenchmarkStore = ReturnType<typeof createBenchmarkStore>;

/**
 * Reads reports and advances races through the database's own functions.
 *
 * @param workerId The id this isolate's worker goes by.
 */
export function createBenchmarkStore(
  sql: Database,
  workerId: string,
  observe: ObserveStatement = () => {},
) {
  return {
    async loadReport(reportId: string): Promise<LoadedReport> {
      observe("load_report");
      const [row] = await sql`select public.load_report(${reportId}) as report`;
      return loadedReportSchema.parse(row?.["report"]);
    },
    /** Returns null if the report is gone, or does not race. */
    async loadRace(reportId: string): Promise<LoadedRace | null> {
      observe("load_race");
      const [row] = await sql`select public.load_race(${reportId}) as race`;
      return loadedRaceSchema.nullable().parse(row?.["race"]);
    },
    /**
     * Stops models, has the others run on, and ends the job, all together. Returns false if the
     * lease was lost.
     */
    async advanceRace(
      { job_id, attempt }: Pick<WorkerJob, "job_id" | "attempt">,
      stoppedIds: readonly string[],
    ): Promise<boolean> {
      observe("advance_race");
      const [row] = await sql`
        select public.advance_race(
          ${workerId}, ${job_id}, ${attempt},
          array(select jsonb_array_elements_text(${sql.json(toJson(stoppedIds))}))
        ) as is_recorded`;
      return row?.["is_recorded"] === true;
    },
  };
}

/** Queue of benchmarks for one worker. Replies name the reports that ended without a finalisation. */
export type BenchmarkSource = WorkSource<
  WorkerJob,
  JobResult,
  Reply<WorkerJob> & Pick<z.output<typeof replySchema>, "closed">
>;

/** Returns the queue of benchmarks for one worker. Each call is one statement. */
export function createWorkSource(
  sql: Database,
  worker: WorkerIdentity,
  observe: ObserveStatement = () => {},
): BenchmarkSource {
  return {
    ...createWorkerLeases(sql, "benchmark-worker", worker, observe),
    async exchange(results, want, prefetch) {
      observe("advance_benchmark_runs");
      const [row] = await sql`
        select public.advance_benchmark_runs(
          ${worker.id}, ${sql.json(toJson(results))}, ${want}, ${worker.groupId}, ${prefetch}
        ) as reply`;
      return toReply(replySchema.parse(row?.["reply"]));
    },
  };
}
