import type { JsonObject, JsonValue } from "../platform/json/json_value.ts";

/** How a test ended. `ERROR`: it broke outside its assertions. */
export type TestStatus = "PASS" | "FAIL" | "SKIP" | "ERROR";

/** One row of a report, as `test_results` keeps it. */
export interface ParsedResult {
  /** Place in the report, from 0. */
  readonly ordinal: number;
  /** What is tested. Not unique. */
  readonly toolName: string;
  readonly variation: string;
  readonly provider: string;
  readonly model: string;
  readonly className: string;
  readonly status: TestStatus;
  /** The runner's own word where it says more than the status: `xfail`, `xpass`, `flaky`, … */
  readonly executionStatus: string | null;
  /** From 1. */
  readonly attempt: number;
  /** Whether the test is counted by this row. */
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
  /** What the report said beyond these. */
  readonly extra: JsonValue | null;
}

/** Something odd that was put up with. */
export interface ReportWarning {
  readonly code: string;
  /** A sentence. */
  readonly detail: string;
}

/** The formats a report may come in; `observations` are files of a watcher, which the CLI reads. */
export type ReportFormat = "junit" | "ctrf" | "modelpick" | "observations";

/** A report of one run, whatever it was written in. Null where it does not say. */
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
  /** What it said of the run beyond these. */
  readonly extra: JsonObject | null;
}

/** A report that cannot be read. Nothing of it is to be kept. */
export class ReportError extends Error {
  override readonly name = "ReportError";

  /**
   * @param code such as `junit.malformed`.
   * @param position where in the file, both from 1, or the path of the field.
   */
  constructor(
    readonly code: string,
    detail: string,
    readonly position: { readonly line: number; readonly column: number } | string | null = null,
  ) {
    super(detail);
  }
}

/** More results than any suite has; a file that claims more is a mistake or an attack. */
export const MAX_RESULTS = 200_000;

/** The longest that a test may take, in seconds. */
export const MAX_SECONDS = 9_999_999;

/** Characters of an error message that are kept: its end says less than its beginning. */
export const MAX_MESSAGE = 20_000;

/** A row with nothing but what is given. */
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
