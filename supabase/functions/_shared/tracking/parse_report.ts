import { isJsonObject } from "../platform/json/json_value.ts";
import { parseCtrf } from "./parse_ctrf.ts";
import { parseJunit } from "./parse_junit.ts";
import { parseJson, parseOwnJson } from "./read_json_report.ts";
import { type ParsedReport, ReportError } from "./report_model.ts";

/**
 * Reads a report in whichever of the formats it is: JUnit XML, CTRF JSON or our own JSON. The content
 * decides and not what it is called, for many tools name it wrongly or not at all.
 *
 * @throws {ReportError} saying what is wrong and where; nothing is to be kept then.
 */
export function parseReport(text: string): ParsedReport {
  const content = text.replace(/^\uFEFF/, "");
  const [first] = content.trimStart();
  if (first === "<") return parseJunit(content);
  if (first !== "{" && first !== "[") {
    throw new ReportError(
      "report.unknown_format",
      content.trim() === ""
        ? "The report is empty."
        : "The report is neither XML nor a JSON object.",
    );
  }
  const document = parseJson(content);
  if (!isJsonObject(document)) {
    throw new ReportError("report.unknown_format", "The report is a JSON list, not an object.");
  }
  return document.reportFormat === "CTRF" || isJsonObject(document.results)
    ? parseCtrf(document)
    : parseOwnJson(document);
}
