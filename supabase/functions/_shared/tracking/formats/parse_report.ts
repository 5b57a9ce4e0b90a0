import { isJsonObject, type JsonObject } from "../../platform/json/json_value.ts";
import { parseJson } from "./json_document.ts";
import { parseCtrf } from "./parse_ctrf.ts";
import { JunitReader } from "./parse_junit.ts";
import { parseOwnJson } from "./parse_own_json.ts";
import { type ParsedReport, ReportError, type ReportFormat } from "./report_model.ts";
import { arriveNow, readWhole, type ReportContext, type ReportReader } from "./report_reader.ts";

/*
 * How to add a report format:
 *
 * 1. Add its name to `REPORT_FORMATS` in `report_model.ts`.
 * 2. Write its reader in `parse_<format>.ts`: a function from JSON to a `ParsedReport`, or, for a large
 *    text, a `ReportReader`.
 * 3. Add the function to `JSON_READERS` below, where `deno check` asks for it, or the reader to
 *    `openReport`.
 * 4. Allow the name in `test_runs.source_format` (`create_test_runs.sql`). The test "the database
 *    takes every report format" in `tests/tracking_sql_test.ts` fails until it is allowed.
 *
 * To export runs in the format, write `write_<format>.ts` and add it to `export_run.ts`.
 */

/** Returns null if the document is in another format. @throws {ReportError} */
type JsonReader = (document: JsonObject, context: ReportContext) => ParsedReport | null;

/** Readers of JSON in the order in which they are tried. Only the CLI reads `observations`. */
const JSON_READERS: Readonly<Record<Exclude<ReportFormat, "junit" | "observations">, JsonReader>> =
  {
    ctrf: (document, context) =>
      document.reportFormat === "CTRF" || isJsonObject(document.results)
        ? parseCtrf(document, context)
        : null,
    modelpick: parseOwnJson,
  };

/** A report whose syntax is known. */
export type OpenedReport =
  | { readonly syntax: "xml"; readonly reader: ReportReader; readonly pieces: Iterable<string> }
  | { readonly syntax: "json"; readonly pieces: Iterable<string> };

/**
 * Reads a report in any of the formats. Only its content decides on the format, because many tools
 * give the file a wrong name or none.
 *
 * @throws {ReportError} with what is wrong and where. Nothing of the report may be stored then.
 */
export function parseReport(text: string, context: ReportContext = arriveNow()): ParsedReport {
  const opened = openReport([text], context);
  return opened.syntax === "xml"
    ? readWhole(opened.reader, opened.pieces)
    : parseJsonReport([...opened.pieces].join(""), context);
}

/**
 * Reads a report's text up to its first character, which decides on the syntax. XML can then be read
 * piece by piece, and JSON with {@link parseJsonReport}.
 *
 * @param pieces the text, cut anywhere. It is iterated over once.
 * @throws {ReportError} `report.unknown_format`
 */
export function openReport(pieces: Iterable<string>, context: ReportContext): OpenedReport {
  const iterator = pieces[Symbol.iterator]();
  let head = "";
  let next = iterator.next();
  for (; next.done !== true; next = iterator.next()) {
    head += next.value;
    if (/[^\s\uFEFF]/.test(next.value)) break;
  }
  // An XML declaration may not follow white space.
  const text = head.replace(/^\uFEFF?\s*(?=<\?xml)|^\uFEFF/, "");
  const whole: Iterable<string> = (function* () {
    yield text;
    yield* { [Symbol.iterator]: () => iterator };
  })();
  const [first] = text.trimStart();
  if (first === "<") return { syntax: "xml", reader: new JunitReader(context), pieces: whole };
  if (first === "{" || first === "[") return { syntax: "json", pieces: whole };
  throw new ReportError("report.unknown_format", describeUnknown(text), { line: 1, column: 1 });
}

function describeUnknown(text: string): string {
  if (text.trim() === "") return "The report is empty.";
  const [before] = text.split(/<\?xml|<testsuites?[\s>]/, 1);
  if (before === undefined || before.length === text.length) {
    return "The report is neither XML nor a JSON object.";
  }
  return `Text stands before the report: "${
    before.trim().slice(0, 100)
  }". Write only the report to the file.`;
}

/** Reads a report in any of the formats of JSON. @throws {ReportError} */
export function parseJsonReport(text: string, context: ReportContext): ParsedReport {
  const document = parseJson(text);
  if (!isJsonObject(document)) {
    throw new ReportError(
      "report.unknown_format",
      "The report is a JSON list, not an object.",
    );
  }
  for (const read of Object.values(JSON_READERS)) {
    const report = read(document, context);
    if (report !== null) return report;
  }
  throw new ReportError("report.unknown_format", "The report is in none of the known formats.");
}
