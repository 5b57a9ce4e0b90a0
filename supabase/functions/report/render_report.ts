import { json } from "../_shared/platform/http/serve_json.ts";
import { drawReportSvg } from "../_shared/report/draw_report_svg.ts";
import type { ReportView } from "../_shared/report/report_view.ts";
import { writeModelsCsv, writeRunsCsv } from "../_shared/report/write_report_csv.ts";
import { writeReportMarkdown } from "../_shared/report/write_report_markdown.ts";
import type { ReportQuery } from "./read_request.ts";

/** A picture that, opened by itself, can run and fetch nothing. */
const SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/** Whether {@link renderReport} needs the runs, which are nearly all of a report. */
export function showsRuns({ format, table }: ReportQuery): boolean {
  return format === "json" || (format === "csv" && table === "runs");
}

/** The report in the format asked for. */
export function renderReport(view: ReportView, { format, table }: ReportQuery): Response {
  switch (format) {
    case "json":
      return json(view);
    case "csv":
      return text(table === "runs" ? writeRunsCsv(view) : writeModelsCsv(view), "text/csv", {
        "content-disposition": `attachment; filename="${table}-${view.report.id}.csv"`,
      });
    case "md":
      return text(writeReportMarkdown(view), "text/markdown");
    case "svg":
      return text(drawReportSvg(view), "image/svg+xml", { "content-security-policy": SVG_POLICY });
  }
}

function text(body: string, type: string, headers: Record<string, string> = {}): Response {
  return new Response(body, {
    headers: {
      "content-type": `${type}; charset=utf-8`,
      "x-content-type-options": "nosniff",
      ...headers,
    },
  });
}
