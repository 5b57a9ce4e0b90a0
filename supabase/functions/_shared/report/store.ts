import { z } from "zod";
import { loadedReportSchema } from "../benchmark/store.ts";
import { type Database, query, toJson } from "../platform/database.ts";
import type { ObserveStatement } from "../platform/jobs/worker_leases.ts";
import type { FinishedReport } from "./finished_report.ts";
import { type ReportConclusion, reportRunSchema } from "./report_types.ts";
import {
  reportImagesSchema,
  reportProgressSchema,
  type ReportViewer,
  type ReportViews,
  reportViewSchema,
} from "./report_view.ts";

/** Reports through the database's `view_report…`, which decide what the viewer may see. */
export function createReportViews(sql: Database): ReportViews {
  const ask = async <Schema extends z.ZodType>(
    door: "view_report" | "view_report_progress" | "view_report_images",
    schema: Schema,
    viewer: ReportViewer,
    more = sql``,
  ): Promise<z.output<Schema> | null> => {
    const [token, report, owner] = "token" in viewer
      ? [viewer.token, null, null]
      : [null, viewer.reportId, viewer.ownerId];
    const [row] = await query(() =>
      sql<{ result: unknown }[]>`
        select public.${sql(door)}(
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

/** Reports whose runs have all ended, as the worker that sums them up reads and ends them. */
export interface ReportEndings {
  loadFinished(reportId: string): Promise<FinishedReport>;
  /** Ends the report and the job together. `false`: the lease was lost, or the report had ended. */
  finalizeReport(
    job: { readonly job_id: number; readonly attempt: number },
    conclusion: ReportConclusion,
  ): Promise<boolean>;
}

/** Reads finished reports and ends them, as the worker that goes by `workerId`. */
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
