import { stringify } from "csv-stringify/sync";
import { writeJson } from "../../platform/json/lossless_json.ts";
import { COLUMNS, type ParsedReport } from "./report_model.ts";

/** Writes one row per result, with the columns of `test_results`. RFC 4180; null is empty. */
export function writeResultsCsv({ results }: ParsedReport): string {
  return stringify(
    results.map((result) =>
      COLUMNS.map((column) => {
        const value = result[column];
        return typeof value === "object" && value !== null ? writeJson(value) : value;
      })
    ),
    {
      header: true,
      columns: COLUMNS,
      record_delimiter: "windows",
      // A test's name that begins like a formula must not run in a spreadsheet.
      escape_formulas: true,
      cast: { boolean: String },
    },
  );
}
