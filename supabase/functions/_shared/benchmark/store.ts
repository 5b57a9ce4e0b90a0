import { z } from "zod";
import { type Database, toJson } from "../platform/database.ts";
import {
  createWorkerLeases,
  jobTriesShape,
  type ObserveStatement,
  toReply,
} from "../platform/jobs/worker_leases.ts";
import { reportRunSchema } from "../report/report_types.ts";
import { configSnapshotSchema } from "./config.ts";
import type { BenchmarkSource, BenchmarkStore } from "./ports.ts";

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
  standby: z.array(jobSchema),
  recalled: z.array(z.number()),
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

const loadedSchema = z.object({ report_id: z.string(), config_snapshot: configSnapshotSchema });

const raceSchema = z.object({
  looks: z.array(z.number()),
  look: z.number(),
  accuracy_margin: z.number(),
  models: z.array(z.object({
    model_id: z.string(),
    scores: z.array(z.object({
      image_index: z.number(),
      field_accuracy: z.number(),
      error_kind: z.string().nullable(),
      served_other: z.boolean(),
    })),
  })),
}).nullable();

const finishedSchema = z.object({
  report: loadedSchema,
  runs: z.array(reportRunSchema),
  predicted_cost_usd: z.number(),
  actual_cost_usd: z.number(),
});

/** Reads and ends reports through the database's own functions. */
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
      const { report_id, config_snapshot } = loadedSchema.parse(row?.["report"]);
      return { reportId: report_id, snapshot: config_snapshot };
    },
    async loadRace(reportId) {
      observe("load_race");
      const [row] = await sql`select public.load_race(${reportId}) as race`;
      return raceSchema.parse(row?.["race"]);
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
    async loadFinished(reportId) {
      observe("load_finalization");
      const [row] = await sql`select public.load_finalization(${reportId}) as finished`;
      const { report, runs, ...costs } = finishedSchema.parse(row?.["finished"]);
      return {
        reportId: report.report_id,
        snapshot: report.config_snapshot,
        runs,
        predictedCostUsd: costs.predicted_cost_usd,
        actualCostUsd: costs.actual_cost_usd,
      };
    },
    async finalizeReport(job, conclusion) {
      observe("finalize_report");
      const [row] = await sql`
        select public.finalize_report(
          ${workerId}, ${job.job_id}, ${job.attempt}, ${conclusion.status},
          ${conclusion.recommendedModelId}, ${conclusion.rationale},
          ${sql.json(toJson(conclusion.summary))}, ${conclusion.error}
        ) as is_recorded`;
      return row?.["is_recorded"] === true;
    },
  };
}

/** The queue as one worker sees it, each call one statement of `advance_benchmark_runs` and its kin. */
export function createWorkSource(
  sql: Database,
  worker: {
    readonly id: string;
    /** The report whose chain this is; null for the chain that serves any. */
    readonly reportId: string | null;
    readonly wallClockMs: number;
  },
  observe: ObserveStatement = () => {},
): BenchmarkSource {
  const { id, reportId } = worker;
  return {
    ...createWorkerLeases(
      sql,
      { ...worker, functionName: "benchmark-worker", groupId: reportId },
      observe,
    ),
    async exchange(results, want, ahead) {
      observe("advance_benchmark_runs");
      const [row] = await sql`
        select public.advance_benchmark_runs(
          ${id}, ${sql.json(toJson(results))}, ${want}, ${reportId}, ${ahead}
        ) as reply`;
      return toReply(replySchema.parse(row?.["reply"]));
    },
  };
}
