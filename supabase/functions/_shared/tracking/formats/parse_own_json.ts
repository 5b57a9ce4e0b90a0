import { z } from "zod";
import { jsonObjectWithin } from "../../platform/json/json_value.ts";
import { readShape } from "./json_document.ts";
import { cleanMessage, findErrorClass } from "./read_values.ts";
import type { ReportContext } from "./report_reader.ts";
import { dateRun } from "./run_date.ts";
import {
  makeResult,
  MAX_NAME,
  MAX_RESULTS,
  NOTHING_SAID,
  type ParsedReport,
  REPORT_FORMATS,
  REPORT_LIMITS,
  ReportError,
  reportWarningSchema,
  resultSchema,
} from "./report_model.ts";

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
  suite: z.string().min(1).max(200).exactOptional(),
  run_timestamp: z.iso.datetime({ offset: true }).exactOptional(),
  branch_name: z.string().min(1).max(250).exactOptional(),
  commit_hash: z.string().regex(/^[0-9A-Za-z._-]{4,64}$/, "is no commit").exactOptional(),
  watcher_model: z.string().max(200).exactOptional(),
  notes: z.string().max(20_000).exactOptional(),
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

/** Fields of a whole report in our own JSON, without its results. */
export const headFields = {
  ...runFields,
  source: sourceSchema.optional(),
  extra: jsonObjectWithin(REPORT_LIMITS).exactOptional(),
};

const schema = z.strictObject({
  ...headFields,
  results: z.array(resultSchema).max(MAX_RESULTS),
});

/**
 * Reads our own JSON: `{suite, run_timestamp, branch_name, commit_hash, watcher_model, notes, source,
 * extra, results}`. If there is a `source`, format and warnings are the source's.
 *
 * @throws {ReportError} `modelpick.invalid` with the path of the first field that does not fit.
 */
export function parseOwnJson(document: unknown, context: ReportContext): ParsedReport {
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
  const { source, ...said } = report;
  const { format = "modelpick", warnings = [] } = source ?? {};
  for (const warning of warnings) context.warnings.add(warning);
  const run_timestamp = dateRun([said.run_timestamp], context);
  return {
    ...NOTHING_SAID,
    ...said,
    run_timestamp,
    format,
    results,
    warnings: context.warnings.list,
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
    const error_message = cleanMessage(result.error_message ?? "");
    return makeResult({
      ...result,
      ordinal: result.ordinal ?? first + index,
      variation: result.variation ?? "",
      provider: result.provider ?? "",
      model: result.model ?? "",
      class_name: result.class_name ?? "",
      attempt: result.attempt ?? 1,
      is_counted: result.is_counted ?? true,
      error_message,
      error_class: result.error_class ?? findErrorClass(error_message),
    });
  });
}
