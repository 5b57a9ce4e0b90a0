import type { TestHistory } from "./test_history.ts";
import type { ParsedReport, ParsedResult, ReportFormat, ReportWarning } from "./report_model.ts";

/** What a run was. Null where nobody said; the database has defaults for suite, branch and time. */
export interface NewTestRun extends
  Pick<
    ParsedReport,
    "suite" | "runTimestamp" | "branchName" | "commitHash" | "watcherModel" | "notes" | "extra"
  > {
  readonly sourceFormat: ReportFormat;
  /** SHA-256 of the file in hexadecimal. */
  readonly sourceHash: string | null;
  readonly warnings: readonly ReportWarning[];
  /** Of the request: the same idempotency key with another one is a conflict. */
  readonly requestHash: string;
}

/** A run and its totals, as clients are told. Money is in USD, durations in seconds. */
export interface TestRunTotals {
  readonly run_id: number;
  readonly suite: string;
  readonly branch_name: string;
  readonly commit_hash: string | null;
  readonly run_timestamp: string;
  readonly status: "running" | "complete" | "aborted";
  readonly total_tests: number;
  readonly tests_passed: number;
  readonly tests_failed: number;
  readonly tests_skipped: number;
  readonly pass_rate: number | null;
  readonly avg_watcher_quality: number | null;
  readonly total_duration_secs: number;
  /** Of the tests. */
  readonly total_cost_usd: number;
  /** Of the watcher's calls. */
  readonly watcher_cost_usd: number;
  readonly warnings: readonly ReportWarning[];
}

/** An issue of a checklist. Without a category it is `production`, without a priority `MEDIUM`. */
export interface ImportedIssue {
  readonly issue_code: string;
  readonly title: string;
  readonly description?: string | undefined;
  readonly category?: "production" | "test_infrastructure" | undefined;
  readonly priority?: "CRITICAL" | "HIGH" | "MEDIUM" | "LOW" | undefined;
  readonly root_cause?: string | undefined;
  readonly resolution?: string | undefined;
  readonly is_resolved?: boolean | undefined;
  readonly affected_tools?: readonly string[] | undefined;
}

/** What became of a checklist's issues. */
export interface ImportCounts {
  readonly added: number;
  readonly changed: number;
  /** As they were. */
  readonly known: number;
}

/** Where test runs are kept. Each method is one transaction, and sees no other owner's runs. */
export interface TestRunStore {
  /** @returns null when the key came with another request before. */
  begin(
    ownerId: string,
    run: NewTestRun,
    key: string | null,
  ): Promise<{ readonly totals: TestRunTotals; readonly isNew: boolean } | null>;
  /**
   * Keeps what is new of a batch; what was sent before is left as it is.
   *
   * @throws {Problem} `test_runs.ordinal_taken` where an ordinal belongs to another test.
   */
  addResults(
    ownerId: string,
    runId: number,
    results: readonly ParsedResult[],
  ): Promise<{ readonly totals: TestRunTotals; readonly added: number; readonly known: number }>;
  finish(ownerId: string, runId: number, status: "complete" | "aborted"): Promise<TestRunTotals>;
  /** A whole report: all of it or nothing. @returns null as {@link begin}. */
  ingest(
    ownerId: string,
    run: NewTestRun,
    results: readonly ParsedResult[],
    key: string,
  ): Promise<{ readonly totals: TestRunTotals; readonly isNew: boolean } | null>;
  read(ownerId: string, runId: number): Promise<TestRunTotals>;
  /** The last runs of a suite on a branch, up to 50; empty where there are none. */
  readHistory(ownerId: string, suite: string, branch: string): Promise<TestHistory>;
  /** Writes issues, known by their codes, all or none. What is open there reopens nothing here. */
  importIssues(
    ownerId: string,
    suite: string,
    issues: readonly ImportedIssue[],
  ): Promise<ImportCounts>;
  /** A run with all of its results, in their order. */
  readReport(ownerId: string, runId: number): Promise<ParsedReport>;
}
