import { isJsonObject, type JsonObject, type JsonValue } from "../../platform/json/json_value.ts";
import { writeJson } from "../../platform/json/lossless_json.ts";
import { countTests } from "./count_tests.ts";
import { OWN_FIELDS } from "./own_fields.ts";
import { parseCtrf } from "./parse_ctrf.ts";
import type { ParsedReport, ParsedResult, TestStatus } from "./report_model.ts";
import { type TestRows, writeLossless } from "./write_lossless.ts";

const STATUSES: Readonly<Record<TestStatus, string>> = {
  PASS: "passed",
  FAIL: "failed",
  ERROR: "failed",
  SKIP: "skipped",
};

/**
 * Writes a run in the Common Test Report Format. Fields that it has no place for go to
 * `extra.modelpick` of the test, so that `parseCtrf` reads the same results back.
 */
export function writeCtrf(report: ParsedReport): string {
  return `${writeJson(writeLossless(report, render, parseCtrf), 2)}\n`;
}

function render(
  report: ParsedReport,
  tests: readonly TestRows[],
  lost: readonly (JsonObject | null)[],
): JsonObject {
  const counts = countTests(report.results);
  const start = Date.parse(report.run_timestamp ?? "") || 0;
  const { results, ...others } = report.format === "ctrf" ? report.extra ?? {} : {};
  const about = objectIn(results);
  return {
    specVersion: "0.0.0",
    ...others,
    reportFormat: "CTRF",
    results: {
      ...about,
      tool: { name: "modelpick", ...objectIn(about.tool) },
      summary: {
        ...objectIn(about.summary),
        tests: counts.total,
        passed: counts.passed,
        failed: counts.failed,
        pending: 0,
        skipped: counts.skipped,
        other: 0,
        start,
        stop: start + Math.round(counts.seconds * 1000),
      },
      tests: tests.map((rows, index) => toTest(rows, lost[index] ?? null)),
      environment: {
        ...objectIn(about.environment),
        ...report.suite === null ? {} : { reportName: report.suite },
        ...report.branch_name === null ? {} : { branchName: report.branch_name },
        ...report.commit_hash === null ? {} : { commit: report.commit_hash },
      },
    },
  };
}

function objectIn(value: JsonValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function toTest(rows: TestRows, lost: JsonObject | null): JsonObject {
  const final = rows.at(-1);
  if (final === undefined) return {};
  const kept = objectIn(final.extra);
  const extra: JsonObject = {
    ...objectIn(kept.extra),
    ...named("variation", final.variation),
    ...named("provider", final.provider),
    ...named("model", final.model),
    ...named("tokens_total", final.tokens_total),
    ...named("cost_usd", final.cost_usd),
    ...lost === null ? {} : { [OWN_FIELDS]: lost },
  };
  return {
    ...kept,
    name: final.tool_name,
    ...toOutcome(final),
    duration: (final.duration_secs ?? 0) * 1000,
    ...final.class_name === "" ? {} : { suite: [final.class_name] },
    ...named("file_path", final.file_path),
    ...named("line", final.line_number),
    ...rows.length === 1 ? {} : {
      retryAttempts: rows.slice(0, -1).map((row) => ({
        attempt: row.attempt,
        ...toOutcome(row),
        ...row.duration_secs === null ? {} : { duration: row.duration_secs * 1000 },
      })),
    },
    ...Object.keys(extra).length === 0 ? {} : { extra },
  };
}

function toOutcome({ status, error_message, execution_status }: ParsedResult): JsonObject {
  const [message = "", ...trace] = error_message?.split("\n") ?? [];
  return {
    status: STATUSES[status],
    ...named("message", message),
    ...trace.length === 0 ? {} : { trace: trace.join("\n") },
    ...named("rawStatus", execution_status),
  };
}

function named(name: string, value: JsonValue): JsonObject {
  return value === null || value === "" ? {} : { [name]: value };
}
