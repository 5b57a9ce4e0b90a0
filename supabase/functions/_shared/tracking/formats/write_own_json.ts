import type { JsonObject } from "../../platform/json/json_value.ts";
import {
  COLUMNS,
  makeResult,
  NOTHING_SAID,
  type ParsedReport,
  type ParsedResult,
} from "./report_model.ts";

/** Source of a record. */
export interface ReportSource {
  /** Idempotency key that the record is sent with. */
  readonly key?: string;
  /** SHA-256 in hexadecimal. */
  readonly files?: readonly { readonly name: string; readonly sha256: string }[];
}

const DEFAULTS = makeResult({ ordinal: 0, tool_name: "", status: "PASS" });

const SAID = Object.keys(NOTHING_SAID) as (keyof typeof NOTHING_SAID)[];

/** Converts a report to our own JSON, which `parseReport` reads back. Defaults are left out. */
export function toOwnJson(report: ParsedReport, source: ReportSource = {}): JsonObject {
  return {
    ...Object.fromEntries(
      SAID.filter((field) => report[field] !== null).map((field) => [field, report[field]]),
    ),
    source: {
      ...source.key === undefined ? {} : { key: source.key },
      format: report.format,
      ...source.files === undefined ? {} : { files: source.files.map((file) => ({ ...file })) },
      ...report.warnings.length === 0
        ? {}
        : { warnings: report.warnings.map((warning) => ({ ...warning })) },
    },
    results: report.results.map(toOwnResult),
  };
}

function toOwnResult(result: ParsedResult): JsonObject {
  return Object.fromEntries(
    COLUMNS.filter((column) =>
      column === "ordinal" || column === "status" || result[column] !== DEFAULTS[column]
    ).map((column) => [column, result[column]]),
  );
}
