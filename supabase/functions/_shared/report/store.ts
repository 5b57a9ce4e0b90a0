import type { z } from "zod";
import { type Database, query } from "../platform/database.ts";
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
