import { stringify } from "csv-stringify/sync";
import { writeJson } from "../../platform/json/lossless_json.ts";
import type { ParsedReport } from "./report_model.ts";
import { COLUMNS } from "./write_own_json.ts";

/** Writes one row per result, with the columns of `test_results`. RFC 4180; null is empty. */
export function writeResultsCsv({ results }: ParsedReport): string {
  return stringify(
    results.map((result) =>
      COLUMNS.map(([field]) => {
        const value = result[field];
        return typeof value === "object" && value !== null ? writeJson(value) : value;
      })
    ),
    {
      header: true,
      columns: COLUMNS.map(([, column]) => column),
      record_delimiter: "windows",
      // A test's name that begins like a formula must not run in a spreadsheet.
      escape_formulas: true,
      cast: { boolean: String },
    },
  );
}
