import { z } from "zod";
import type { JsonObject, JsonValue } from "../../platform/json/json_value.ts";

/**
 * Formats of reports. `observations` are files of `watcher_observations/`, which only the CLI reads.
 * The first step of adding one, see `parse_report.ts`.
 */
export const REPORT_FORMATS = ["junit", "ctrf", "modelpick", "observations"] as const;

export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Outcome of a test. `ERROR`: it broke outside its assertions. */
export type TestStatus = "PASS" | "FAIL" | "SKIP" | "ERROR";

/** One result of a report: a row of `test_results`. */
export interface ParsedResult {
  /** Position in the report, from 0. */
  readonly ordinal: number;
  /** Name of the test or of the tool under test. Not unique. */
  readonly toolName: string;
  readonly variation: string;
  readonly provider: string;
  readonly model: string;
  readonly className: string;
  readonly status: TestStatus;
  /** The runner's own term if it says more than the status: `xfail`, `xpass`, `flaky`, … */
  readonly executionStatus: string | null;
  /** From 1. */
  readonly attempt: number;
  /** True for the one row by which the test is counted; false for earlier attempts. */
  readonly isCounted: boolean;
  readonly durationSecs: number | null;
  readonly memoryMb: number | null;
  readonly cpuPercent: number | null;
  readonly tokensTotal: number | null;
  /** USD. */
  readonly costUsd: number | null;
  readonly errorMessage: string | null;
  readonly errorClass: string | null;
  readonly filePath: string | null;
  readonly lineNumber: number | null;
  /** 1–10. */
  readonly watcherQuality: number | null;
  readonly watcherObservations: JsonValue | null;
  /** Everything else that the report says of the result. */
  readonly extra: JsonValue | null;
}

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
  readonly runTimestamp: string | null;
  readonly branchName: string | null;
  readonly commitHash: string | null;
  readonly watcherModel: string | null;
  readonly notes: string | null;
  readonly results: readonly ParsedResult[];
  readonly warnings: readonly ReportWarning[];
  /** Everything else that the report says of the run. */
  readonly extra: JsonObject | null;
}

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

/** Most results of a report. A larger report is taken for a mistake or an attack. */
export const MAX_RESULTS = 200_000;

/** Longest duration of a test, in seconds. */
export const MAX_SECONDS = 9_999_999;

/** Longest error message, in UTF-16 units. A longer one is cut at its end, which says less. */
export const MAX_MESSAGE = 20_000;

/** Makes a result of the given fields; the others say nothing. */
export function makeResult(
  given: Pick<ParsedResult, "ordinal" | "toolName" | "status"> & Partial<ParsedResult>,
): ParsedResult {
  return {
    variation: "",
    provider: "",
    model: "",
    className: "",
    executionStatus: null,
    attempt: 1,
    isCounted: true,
    durationSecs: null,
    memoryMb: null,
    cpuPercent: null,
    tokensTotal: null,
    costUsd: null,
    errorMessage: null,
    errorClass: null,
    filePath: null,
    lineNumber: null,
    watcherQuality: null,
    watcherObservations: null,
    extra: null,
    ...given,
  };
}
