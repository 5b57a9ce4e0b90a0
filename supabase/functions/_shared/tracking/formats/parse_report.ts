import { isJsonObject, type JsonObject } from "../../platform/json/json_value.ts";
import { parseJson } from "./json_document.ts";
import { parseCtrf } from "./parse_ctrf.ts";
import { parseJunit } from "./parse_junit.ts";
import { parseOwnJson } from "./parse_own_json.ts";
import { type ParsedReport, ReportError, type ReportFormat } from "./report_model.ts";

/*
 * How to add a report format:
 *
 * 1. Add its name to `REPORT_FORMATS` in `report_model.ts`.
 * 2. Write its reader in `parse_<format>.ts`: a function from text or JSON to a `ParsedReport`.
 * 3. Add the reader to `READERS` below. `deno check` fails until it is there.
 * 4. Allow the name in `test_runs.source_format` (`create_test_runs.sql`). The test "the database
 *    takes every report format" in `tests/tracking_sql_test.ts` fails until it is allowed.
 *
 * To export runs in the format, write `write_<format>.ts` and add it to `export_run.ts`.
 */

/** A file's content. */
type Content =
  | { readonly syntax: "xml"; readonly text: string }
  | { readonly syntax: "json"; readonly document: JsonObject };

/** Returns null if the content is in another format. @throws {ReportError} */
type Reader = (content: Content) => ParsedReport | null;

/** Readers in the order in which they are tried. Only the CLI reads `observations`. */
const READERS: Readonly<Record<Exclude<ReportFormat, "observations">, Reader>> = {
  junit: (content) => content.syntax === "xml" ? parseJunit(content.text) : null,
  ctrf: (content) =>
    content.syntax === "json" &&
      (content.document.reportFormat === "CTRF" || isJsonObject(content.document.results))
      ? parseCtrf(content.document)
      : null,
  modelpick: (content) => content.syntax === "json" ? parseOwnJson(content.document) : null,
};

/**
 * Reads a report in any of the formats. Only its content decides on the format, because many tools
 * give the file a wrong name or none.
 *
 * @throws {ReportError} with what is wrong and where. Nothing of the report may be stored then.
 */
export function parseReport(text: string): ParsedReport {
  const content = readContent(text.replace(/^\uFEFF/, ""));
  for (const read of Object.values(READERS)) {
    const report = read(content);
    if (report !== null) return report;
  }
  throw new ReportError("report.unknown_format", "The report is in none of the known formats.");
}

function readContent(text: string): Content {
  const [first] = text.trimStart();
  if (first === "<") return { syntax: "xml", text };
  if (first !== "{" && first !== "[") {
    throw new ReportError(
      "report.unknown_format",
      text.trim() === "" ? "The report is empty." : "The report is neither XML nor a JSON object.",
    );
  }
  const document = parseJson(text);
  if (isJsonObject(document)) return { syntax: "json", document };
  throw new ReportError("report.unknown_format", "The report is a JSON list, not an object.");
}
