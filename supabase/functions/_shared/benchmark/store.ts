import { z } from "zod";
import { type Database, toJson } from "../platform/database.ts";
import type { Reply, WorkSource } from "../platform/jobs/run_worker.ts";
import {
  createWorkerLeases,
  jobTriesShape,
  type ObserveStatement,
  toReply,
  type WorkerIdentity,
} from "../platform/jobs/worker_leases.ts";
import { type ConfigSnapshot, configSnapshotSchema } from "./snapshot.ts";
import type { JobResult, WorkerJob } from "./run_result.ts";

const jobSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("benchmark_run"),
    job_id: z.number(),
    attempt: z.number(),
    report_id: z.string(),
    run_id: z.string(),
    model_id: z.string(),
    image_index: z.number(),
    repeat_index: z.number(),
    crashes: z.number(),
    ...jobTriesShape,
  }),
  z.object({
    kind: z.enum(["report_finalization", "race_look"]),
    job_id: z.number(),
    attempt: z.number(),
    ...jobTriesShape,
    report_id: z.string(),
  }),
]);

const replySchema = z.object({
  jobs: z.array(jobSchema),
  prefetched: z.array(jobSchema),
  revoked: z.array(z.number()),
  rejected: z.array(z.number()),
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

export const loadedReportSchema = z.object({
  report_id: z.string(),
  config_snapshot: configSnapshotSchema,
});

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

/** Reads reports and advances races through the database's own functions. */
export function createBenchmarkStore(
  sql: Database,
  /** The id this isolate's worker goes by. */
  workerId: string,
  observe: ObserveStatement = () => {},
): BenchmarkStore {
  return {
    async loadReport(reportId) {
      observe("load_report");
      const [row] = await sql`select public.load_report(${reportId}) as report`;
      const { report_id, config_snapshot } = loadedReportSchema.parse(row?.["report"]);
      return { reportId: report_id, snapshot: config_snapshot };
    },
    async loadRace(reportId) {
      observe("load_race");
      const [row] = await sql`select public.load_race(${reportId}) as race`;
      return loadedRaceSchema.nullable().parse(row?.["race"]);
    },
    async advanceRace(job, stoppedIds) {
      observe("advance_race");
      const [row] = await sql`
        select public.advance_race(
          ${workerId}, ${job.job_id}, ${job.attempt},
          array(select jsonb_array_elements_text(${sql.json(toJson(stoppedIds))}))
        ) as is_recorded`;
      return row?.["is_recorded"] === true;
    },
  };
}

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

/** A report as the worker loads it. */
export interface LoadedReport {
  readonly reportId: string;
  readonly snapshot: ConfigSnapshot;
}

/** Reports and their races as the worker reads and advances them. */
export interface BenchmarkStore {
  loadReport(reportId: string): Promise<LoadedReport>;
  /** `null`: the report is gone, or does not race. */
  loadRace(reportId: string): Promise<LoadedRace | null>;
  /**
   * Stops models, has the others run on, and ends the job, all together. `false`: the lease was
   * lost.
   */
  advanceRace(
    job: { readonly job_id: number; readonly attempt: number },
    stoppedIds: readonly string[],
  ): Promise<boolean>;
}

/** A report that failed or was refunded while it was worked on, once its last call is back. */
export interface ClosedReport {
  readonly report_id: string;
  readonly status: "failed" | "refunded";
  readonly error: string | null;
  readonly predicted_cost_usd: number | null;
  readonly actual_cost_usd: number | null;
}

/** Reply with the reports that ended without a finalisation. */
type BenchmarkReply = Reply<WorkerJob> & { readonly closed: readonly ClosedReport[] };

/** Queue of benchmarks for one worker. */
export type BenchmarkSource = WorkSource<WorkerJob, JobResult, BenchmarkReply>;
