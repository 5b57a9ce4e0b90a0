import { z } from "zod";
import { type JsonLimits, jsonObjectWithin, jsonWithin } from "../../platform/json/json_value.ts";
import { readShape } from "./json_document.ts";
import { cleanMessage, findErrorClass } from "./read_values.ts";
import {
  makeResult,
  MAX_RESULTS,
  MAX_SECONDS,
  type ParsedReport,
  REPORT_FORMATS,
  ReportError,
  reportWarningSchema,
} from "./report_model.ts";

/** Limits for further JSON in a report: those of a whole report. */
export const REPORT_LIMITS: JsonLimits = { depth: 200, nodes: 20_000_000, characters: 20_000_000 };
const json = jsonWithin(REPORT_LIMITS);
const amount = z.number().nonnegative().nullish();

/** Longest name. Names of generated tests can hold whole parameter lists. */
const MAX_NAME = 20_000;

/** One result in our own JSON: the columns of `test_results`. */
export const resultSchema = z.strictObject({
  ordinal: z.int().nonnegative().max(2 ** 31 - 1).optional(),
  tool_name: z.string().min(1).max(MAX_NAME),
  variation: z.string().max(MAX_NAME).nullish(),
  provider: z.string().max(MAX_NAME).nullish(),
  model: z.string().max(MAX_NAME).nullish(),
  class_name: z.string().max(MAX_NAME).nullish(),
  status: z.enum(["PASS", "FAIL", "SKIP", "ERROR"]),
  execution_status: z.string().max(MAX_NAME).nullish(),
  attempt: z.int().positive().max(1000).nullish(),
  is_counted: z.boolean().nullish(),
  duration_secs: z.number().nonnegative().max(MAX_SECONDS).nullish(),
  memory_mb: amount,
  cpu_percent: z.number().nonnegative().max(999.99).nullish(),
  tokens_total: z.int().nonnegative().nullish(),
  cost_usd: z.number().nonnegative().max(9999.999999).nullish(),
  watcher_quality: z.int().min(1).max(10).nullish(),
  watcher_observations: json.nullish(),
  error_message: z.string().nullish(),
  error_class: z.string().max(MAX_NAME).nullish(),
  file_path: z.string().max(MAX_NAME).nullish(),
  line_number: z.int().positive().max(2 ** 31 - 1).nullish(),
  extra: json.nullish(),
});

type Figure = "memory_mb" | "cpu_percent" | "tokens_total" | "cost_usd" | "watcher_quality";

/** Reads figures that another format gives under the names of our columns; null if a value does not fit. */
export function readFigures(valueOf: (name: Figure) => unknown): Record<Figure, number | null> {
  const read = (name: Figure): number | null => {
    const value = valueOf(name);
    // A fast path: reports have many tests, and hardly any test has figures.
    if (value === undefined) return null;
    const parsed = resultSchema.shape[name].safeParse(value);
    return parsed.success ? parsed.data ?? null : null;
  };
  return {
    memory_mb: read("memory_mb"),
    cpu_percent: read("cpu_percent"),
    tokens_total: read("tokens_total"),
    cost_usd: read("cost_usd"),
    watcher_quality: read("watcher_quality"),
  };
}

/** Fields of a run in our own JSON and in `POST /test-runs`. */
export const runFields = {
  suite: z.string().min(1).max(200).optional(),
  run_timestamp: z.iso.datetime({ offset: true }).optional(),
  branch_name: z.string().min(1).max(250).optional(),
  commit_hash: z.string().regex(/^[0-9A-Za-z._-]{4,64}$/, "is no commit").optional(),
  watcher_model: z.string().max(200).optional(),
  notes: z.string().max(20_000).optional(),
};

/** Source of a record that was converted to our own JSON. */
const sourceSchema = z.strictObject({
  /** Idempotency key that the record is sent with. */
  key: z.string().min(1).max(255).optional(),
  format: z.enum(REPORT_FORMATS),
  files: z.array(z.strictObject({
    name: z.string().max(MAX_NAME),
    sha256: z.string().regex(/^[0-9a-f]{64}$/, "is no SHA-256"),
  })).optional(),
  warnings: z.array(reportWarningSchema.strict()).optional(),
});

const schema = z.strictObject({
  ...runFields,
  source: sourceSchema.optional(),
  extra: jsonObjectWithin(REPORT_LIMITS).optional(),
  results: z.array(resultSchema).max(MAX_RESULTS),
});

/**
 * Reads our own JSON: `{suite, run_timestamp, branch_name, commit_hash, watcher_model, notes, source,
 * extra, results}`. If there is a `source`, format and warnings are the source's.
 *
 * @throws {ReportError} `modelpick.invalid` with the path of the first field that does not fit.
 */
export function parseOwnJson(document: unknown): ParsedReport {
  const report = readShape(schema, document, "modelpick");
  const results = toResults(report.results, 0);
  const ordinals = new Set<number>();
  for (const [index, { ordinal }] of results.entries()) {
    // The database would ignore the second one as a repetition of the first.
    if (ordinals.has(ordinal)) {
      throw new ReportError(
        "modelpick.invalid",
        `results[${index}].ordinal: ${ordinal} is taken by another result.`,
        `results[${index}].ordinal`,
      );
    }
    ordinals.add(ordinal);
  }
  return {
    format: report.source?.format ?? "modelpick",
    suite: report.suite ?? null,
    runTimestamp: report.run_timestamp ?? null,
    branchName: report.branch_name ?? null,
    commitHash: report.commit_hash ?? null,
    watcherModel: report.watcher_model ?? null,
    notes: report.notes ?? null,
    results,
    warnings: report.source?.warnings ?? [],
    extra: report.extra ?? null,
  };
}

/**
 * Converts results of our own JSON. A result without an ordinal gets its position in the list, counted
 * from `first`.
 */
export function toResults(
  results: readonly z.output<typeof resultSchema>[],
  first: number,
): ParsedReport["results"] {
  return results.map((result, index) => {
    const errorMessage = cleanMessage(result.error_message ?? "");
    return makeResult({
      ordinal: result.ordinal ?? first + index,
      toolName: result.tool_name,
      variation: result.variation ?? "",
      provider: result.provider ?? "",
      model: result.model ?? "",
      className: result.class_name ?? "",
      status: result.status,
      executionStatus: result.execution_status ?? null,
      attempt: result.attempt ?? 1,
      isCounted: result.is_counted ?? true,
      durationSecs: result.duration_secs ?? null,
      memoryMb: result.memory_mb ?? null,
      cpuPercent: result.cpu_percent ?? null,
      tokensTotal: result.tokens_total ?? null,
      costUsd: result.cost_usd ?? null,
      watcherQuality: result.watcher_quality ?? null,
      watcherObservations: result.watcher_observations ?? null,
      errorMessage,
      errorClass: result.error_class ?? findErrorClass(errorMessage),
      filePath: result.file_path ?? null,
      lineNumber: result.line_number ?? null,
      extra: result.extra ?? null,
    });
  });
}
