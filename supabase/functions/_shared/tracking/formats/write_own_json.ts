import type { JsonObject, JsonValue } from "../../platform/json/json_value.ts";
import { makeResult, type ParsedReport, type ParsedResult } from "./report_model.ts";

/** Source of a record. */
export interface ReportSource {
  /** Idempotency key that the record is sent with. */
  readonly key?: string;
  /** SHA-256 in hexadecimal. */
  readonly files?: readonly { readonly name: string; readonly sha256: string }[];
}

const DEFAULTS = makeResult({ ordinal: 0, toolName: "", status: "PASS" });

/** Fields of a result, each with its column of `test_results`. */
export const COLUMNS: readonly (readonly [field: keyof ParsedResult, column: string])[] = ([
  ...["ordinal", "toolName", "variation", "provider", "model", "className", "status"],
  ...["executionStatus", "attempt", "isCounted", "durationSecs", "memoryMb", "cpuPercent"],
  ...["tokensTotal", "costUsd", "errorMessage", "errorClass", "filePath", "lineNumber"],
  ...["watcherQuality", "watcherObservations", "extra"],
] as (keyof ParsedResult)[]).map((field) => [
  field,
  field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
]);

/** Converts a report to our own JSON, which `parseReport` reads back. Defaults are left out. */
export function toOwnJson(report: ParsedReport, source: ReportSource = {}): JsonObject {
  return {
    ...given("suite", report.suite),
    ...given("run_timestamp", report.runTimestamp),
    ...given("branch_name", report.branchName),
    ...given("commit_hash", report.commitHash),
    ...given("watcher_model", report.watcherModel),
    ...given("notes", report.notes),
    ...given("extra", report.extra),
    source: {
      ...given("key", source.key ?? null),
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
  const fields = COLUMNS.flatMap(([field, column]): [string, JsonValue][] =>
    field === "ordinal" || field === "status" || result[field] !== DEFAULTS[field]
      ? [[column, result[field]]]
      : []
  );
  return Object.fromEntries(fields);
}

function given(name: string, value: JsonValue): JsonObject {
  return value === null ? {} : { [name]: value };
}
