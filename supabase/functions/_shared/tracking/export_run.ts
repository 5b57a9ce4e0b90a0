import { writeJson } from "../platform/json/lossless_json.ts";
import type { ParsedReport } from "./report_model.ts";
import { writeCtrf } from "./write_ctrf.ts";
import { toOwnJson } from "./write_json_report.ts";
import { writeJunit } from "./write_junit.ts";
import { writeResultsCsv } from "./write_results_csv.ts";
import { writeResultsMarkdown } from "./write_results_markdown.ts";

/** What a run can be exported as. */
export const EXPORT_FORMATS = ["csv", "json", "md", "junit", "ctrf"] as const;

/** See {@link EXPORT_FORMATS}. */
export type ExportFormat = typeof EXPORT_FORMATS[number];

/** A run as a file. */
export interface ExportedFile {
  readonly text: string;
  readonly contentType: string;
  /** Of its name, with the dot. */
  readonly extension: string;
}

/** Writes a run as a file. `json`, `junit` and `ctrf` are read back by `parseReport` to the same results. */
export function exportRun(report: ParsedReport, format: ExportFormat): ExportedFile {
  switch (format) {
    case "csv":
      return {
        text: writeResultsCsv(report),
        contentType: "text/csv; charset=utf-8",
        extension: ".csv",
      };
    case "json":
      return {
        text: `${writeJson(toOwnJson(report), 2)}\n`,
        contentType: "application/json",
        extension: ".json",
      };
    case "md":
      return {
        text: writeResultsMarkdown(report),
        contentType: "text/markdown; charset=utf-8",
        extension: ".md",
      };
    case "junit":
      return { text: writeJunit(report), contentType: "application/xml", extension: ".xml" };
    case "ctrf":
      return {
        text: writeCtrf(report),
        contentType: "application/json",
        extension: ".ctrf.json",
      };
  }
}
