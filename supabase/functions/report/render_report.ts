/**
 * Formats that a report can be downloaded in.
 *
 * How to add a report format:
 * 1. Write a function from {@link ReportView} to the file's text in `_shared/report/`, like
 *    `write_report_markdown.ts`. It is pure. If it needs a package, add it to this function's
 *    `deno.json`; `deno task check` names it otherwise.
 * 2. Add the format's name to {@link REPORT_FORMATS} and its entry to `FORMATS`. The type check names
 *    a missing entry. The query parameter `format` accepts the name from then on.
 * 3. Offer it in the page's menu, in `examples/app/report/downloads.js`. A test beside it names
 *    a format that the menu lacks.
 */
import { json } from "../_shared/platform/http/serve_json.ts";
import type { ReportView } from "../_shared/report/report_view.ts";
import { writeModelsCsv, writeRunsCsv } from "../_shared/report/write_report_csv.ts";
import { writeReportMarkdown } from "../_shared/report/write_report_markdown.ts";

/** Values of the query parameter `format`. */
export const REPORT_FORMATS = ["json", "csv", "md", "svg"] as const;

/** Format of a report. `table` is the table that CSV holds. */
export interface ReportFormat {
  readonly format: typeof REPORT_FORMATS[number];
  readonly table: "models" | "runs";
}

type Table = ReportFormat["table"];

/** Entry of one format. */
interface Format {
  /** Tells whether the format needs the runs, which are nearly all of a report's size. */
  readonly needsRuns: (table: Table) => boolean;
  readonly render: (view: ReportView, table: Table) => Response | Promise<Response>;
}

/** Policy of a picture that runs no script and fetches nothing when it is opened by itself. */
const SVG_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

const FORMATS: Readonly<Record<ReportFormat["format"], Format>> = {
  json: { needsRuns: () => true, render: (view) => json(view) },
  csv: {
    needsRuns: (table) => table === "runs",
    render: (view, table) =>
      text(table === "runs" ? writeRunsCsv(view) : writeModelsCsv(view), "text/csv", {
        "content-disposition": `attachment; filename="${table}-${view.report.id}.csv"`,
      }),
  },
  md: {
    needsRuns: () => false,
    render: (view) => text(writeReportMarkdown(view), "text/markdown"),
  },
  svg: {
    needsRuns: () => false,
    async render(view) {
      // Charts take 130 ms to load on Deno 2.1.4, and nearly all requests are for JSON.
      const { drawReportSvg } = await import("../_shared/report/draw_report_svg.ts");
      return text(drawReportSvg(view), "image/svg+xml", { "content-security-policy": SVG_POLICY });
    },
  },
};

/** Tells whether {@link renderReport} needs the runs of the view. */
export function needsRuns({ format, table }: ReportFormat): boolean {
  return FORMATS[format].needsRuns(table);
}

/** Renders a report in the requested format. */
export async function renderReport(
  view: ReportView,
  { format, table }: ReportFormat,
): Promise<Response> {
  return await FORMATS[format].render(view, table);
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
