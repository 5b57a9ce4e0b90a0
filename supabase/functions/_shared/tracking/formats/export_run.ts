import { writeJson } from "../../platform/json/lossless_json.ts";
import type { ParsedReport } from "./report_model.ts";
import { writeCtrf } from "./write_ctrf.ts";
import { toOwnJson } from "./write_own_json.ts";
import { writeJunit } from "./write_junit.ts";
import { writeResultsCsv } from "./write_results_csv.ts";
import { writeResultsMarkdown } from "./write_results_markdown.ts";

/** Formats that a run can be exported in. Each has its writer in {@link WRITERS}. */
export const EXPORT_FORMATS = ["csv", "json", "md", "junit", "ctrf"] as const;

export type ExportFormat = typeof EXPORT_FORMATS[number];

/** A run as a file. */
export interface ExportedFile {
  readonly text: string;
  readonly contentType: string;
  /** End of the file's name, with the dot. */
  readonly extension: string;
}

interface Writer extends Omit<ExportedFile, "text"> {
  readonly write: (report: ParsedReport) => string;
}

const WRITERS: Readonly<Record<ExportFormat, Writer>> = {
  csv: { write: writeResultsCsv, contentType: "text/csv; charset=utf-8", extension: ".csv" },
  json: {
    write: (report) => `${writeJson(toOwnJson(report), 2)}\n`,
    contentType: "application/json",
    extension: ".json",
  },
  md: {
    write: writeResultsMarkdown,
    contentType: "text/markdown; charset=utf-8",
    extension: ".md",
  },
  junit: { write: writeJunit, contentType: "application/xml", extension: ".xml" },
  ctrf: { write: writeCtrf, contentType: "application/json", extension: ".ctrf.json" },
};

/** Writes a run as a file. `parseReport` reads the same results from `json`, `junit` and `ctrf`. */
export function exportRun(report: ParsedReport, format: ExportFormat): ExportedFile {
  const { write, contentType, extension } = WRITERS[format];
  return { text: write(report), contentType, extension };
}
