import { z } from "zod";
import { type JsonLimits, type JsonObject, jsonWithin } from "../../platform/json/json_value.ts";

/**
 * Formats of reports. `observations` are files of `watcher_observations/`, which only the CLI reads.
 * The first step of adding one, see `parse_report.ts`.
 */
export const REPORT_FORMATS = ["junit", "ctrf", "modelpick", "observations"] as const;

export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Most results of a report. A larger report is taken for a mistake or an attack. */
export const MAX_RESULTS = 200_000;

/** Longest duration of a test, in seconds. */
export const MAX_SECONDS = 9_999_999;

/** Longest error message, in UTF-16 units. A longer one is cut at its end, which says less. */
export const MAX_MESSAGE = 20_000;

/** Longest name. Names of generated tests can hold whole parameter lists. */
export const MAX_NAME = 20_000;

/** Limits for further JSON in a report: those of a whole report. */
export const REPORT_LIMITS: JsonLimits = { depth: 200, nodes: 20_000_000, characters: 20_000_000 };

const name = z.string().max(MAX_NAME).nullable().exactOptional();
const json = jsonWithin(REPORT_LIMITS).nullable().exactOptional();

/** One result in our own JSON: the columns of `test_results`. */
export const resultSchema = z.strictObject({
  /** Position in the report, from 0. */
  ordinal: z.int().nonnegative().max(2 ** 31 - 1).exactOptional(),
  /** Name of the test or of the tool under test. Not unique. */
  tool_name: z.string().min(1).max(MAX_NAME),
  variation: name,
  provider: name,
  model: name,
  class_name: name,
  status: z.enum(["PASS", "FAIL", "SKIP", "ERROR"]),
  /** The runner's own term if it says more than the status: `xfail`, `xpass`, `flaky`, … */
  execution_status: name,
  /** From 1. */
  attempt: z.int().positive().max(1000).nullable().exactOptional(),
  /** True for the one row by which the test is counted; false for earlier attempts. */
  is_counted: z.boolean().nullable().exactOptional(),
  duration_secs: z.number().nonnegative().max(MAX_SECONDS).nullable().exactOptional(),
  memory_mb: z.number().nonnegative().nullable().exactOptional(),
  cpu_percent: z.number().nonnegative().max(999.99).nullable().exactOptional(),
  tokens_total: z.int().nonnegative().nullable().exactOptional(),
  cost_usd: z.number().nonnegative().max(9999.999999).nullable().exactOptional(),
  error_message: z.string().nullable().exactOptional(),
  error_class: name,
  file_path: name,
  line_number: z.int().positive().max(2 ** 31 - 1).nullable().exactOptional(),
  /** 1–10. */
  watcher_quality: z.int().min(1).max(10).nullable().exactOptional(),
  watcher_observations: json,
  /** Everything else that the report says of the result. */
  extra: json,
});

type Row = Required<z.output<typeof resultSchema>>;
type Filled = "variation" | "provider" | "model" | "class_name" | "attempt" | "is_counted";

/** One result of a report: a row of `test_results`. Null for what the report does not say. */
export type ParsedResult = {
  readonly [Column in keyof Row]: Column extends Filled ? NonNullable<Row[Column]> : Row[Column];
};

/** Outcome of a test. `ERROR`: it broke outside its assertions. */
export type TestStatus = ParsedResult["status"];

/** Columns of a result, in the order of an export. */
export const COLUMNS = resultSchema.keyof().options;

/** A recoverable problem in the report. Parsing continued. */
export const reportWarningSchema = z.object({
  /** Such as `junit.bad_time`. */
  code: z.string(),
  /** A sentence. */
  detail: z.string(),
});

export type ReportWarning = z.output<typeof reportWarningSchema>;

/** A report of one run, independent of its format. Null for what the report does not say. */
export interface ParsedReport {
  readonly format: ReportFormat;
  readonly suite: string | null;
  /** ISO 8601. */
  readonly run_timestamp: string | null;
  readonly branch_name: string | null;
  readonly commit_hash: string | null;
  readonly watcher_model: string | null;
  readonly notes: string | null;
  readonly results: readonly ParsedResult[];
  readonly warnings: readonly ReportWarning[];
  /** Everything else that the report says of the run. */
  readonly extra: JsonObject | null;
}

/** Fields of a report that says nothing of its run. */
export const NOTHING_SAID = {
  suite: null,
  run_timestamp: null,
  branch_name: null,
  commit_hash: null,
  watcher_model: null,
  notes: null,
  extra: null,
} as const satisfies Partial<ParsedReport>;

/** A report that cannot be read. Nothing of it is stored. */
export class ReportError extends Error {
  override readonly name = "ReportError";

  /**
   * @param code such as `junit.malformed`.
   * @param position line and column in the file, both from 1, or the path of the field.
   */
  constructor(
    readonly code: string,
    detail: string,
    readonly position: { readonly line: number; readonly column: number } | string | null = null,
  ) {
    super(detail);
  }
}

/** Makes a result of the given fields; the others say nothing. */
export function makeResult(
  given: Pick<ParsedResult, "ordinal" | "tool_name" | "status"> & Partial<ParsedResult>,
): ParsedResult {
  return { ...passedResult(0, "", "", null, null, null), ...given };
}

/**
 * Makes the result of a passed test that has nothing else to say. A plain literal: a large report has
 * 100,000 of them.
 */
export function passedResult(
  ordinal: number,
  tool_name: string,
  class_name: string,
  duration_secs: number | null,
  file_path: string | null,
  line_number: number | null,
): ParsedResult {
  return {
    ordinal,
    tool_name,
    status: "PASS",
    variation: "",
    provider: "",
    model: "",
    class_name,
    execution_status: null,
    attempt: 1,
    is_counted: true,
    duration_secs,
    memory_mb: null,
    cpu_percent: null,
    tokens_total: null,
    cost_usd: null,
    error_message: null,
    error_class: null,
    file_path,
    line_number,
    watcher_quality: null,
    watcher_observations: null,
    extra: null,
  };
}
