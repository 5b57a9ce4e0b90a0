import { z } from "zod";
import { type LoadedReport, loadedReportSchema } from "../benchmark/store.ts";
import { type Database, query, toJson } from "../platform/database.ts";
import type { ObserveStatement } from "../platform/jobs/worker_leases.ts";
import type { ReportConclusion } from "./report_summary.ts";
import { type ReportRun, reportRunSchema } from "./report_run.ts";
import {
  type ReportImages,
  reportImagesSchema,
  type ReportProgress,
  reportProgressSchema,
  type ReportView,
  type ReportViewer,
  reportViewSchema,
} from "./report_view.ts";

/** Reports as their viewers may see them. Each method returns null if the viewer may see nothing. */
export interface ReportViews {
  view(
    viewer: ReportViewer,
    options: {
      readonly withRuns: boolean;
      /** Null for the newest complete one. */
      readonly revision: number | null;
    },
  ): Promise<ReportView | null>;
  viewProgress(viewer: ReportViewer): Promise<ReportProgress | null>;
  /** Returns null also for visitors if the order is not shared. */
  viewImages(viewer: ReportViewer): Promise<ReportImages | null>;
}

/** Reads reports through the database's `view_report…` RPCs, which decide what a viewer may see. */
export function createReportViews(sql: Database): ReportViews {
  const ask = async <Schema extends z.ZodType>(
    rpc: "view_report" | "view_report_progress" | "view_report_images",
    schema: Schema,
    viewer: ReportViewer,
    more = sql``,
  ): Promise<z.output<Schema> | null> => {
    const [token, report, owner] = "token" in viewer
      ? [viewer.token, null, null]
      : [null, viewer.reportId, viewer.ownerId];
    const [row] = await query(() =>
      sql<{ result: unknown }[]>`
        select public.${sql(rpc)}(
          p_token => ${token}::text, p_report => ${report}::uuid, p_viewer => ${owner}::uuid ${more}
        ) as result`
    );
    return row === undefined || row.result === null ? null : schema.parse(row.result);
  };
  return {
    view: (viewer, { withRuns, revision }) =>
      ask(
        "view_report",
        reportViewSchema,
        viewer,
        sql`, p_with_runs => ${withRuns}::boolean, p_revision => ${revision}::integer`,
      ),
    viewProgress: (viewer) => ask("view_report_progress", reportProgressSchema, viewer),
    viewImages: (viewer) => ask("view_report_images", reportImagesSchema, viewer),
  };
}

const finishedSchema = z.object({
  report: loadedReportSchema,
  runs: z.array(reportRunSchema),
  predicted_cost_usd: z.number(),
  actual_cost_usd: z.number(),
});

/** A report whose runs have all ended. */
interface FinishedReport extends LoadedReport {
  readonly runs: readonly ReportRun[];
  /** USD, predicted at checkout. */
  readonly predictedCostUsd: number;
  /** USD of all calls, including repeated ones. */
  readonly actualCostUsd: number;
}

/** Reads and concludes reports whose runs have all ended, for the worker that sums them up. */
export interface ReportEndings {
  loadFinished(reportId: string): Promise<FinishedReport>;
  /**
   * Ends the report and the job in one transaction. Returns false if the lease was lost or the
   * report had ended.
   */
  finalizeReport(
    job: { readonly job_id: number; readonly attempt: number },
    conclusion: ReportConclusion,
  ): Promise<boolean>;
}

/** Creates {@link ReportEndings} for the worker with the id `workerId`. */
export function createReportEndings(
  sql: Database,
  workerId: string,
  observe: ObserveStatement = () => {},
): ReportEndings {
  return {
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
