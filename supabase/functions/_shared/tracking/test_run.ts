import { z } from "zod";
import {
  type NOTHING_SAID,
  type ParsedReport,
  type ReportFormat,
  reportWarningSchema,
} from "./formats/report_model.ts";

/** A run to create. Null for what is unknown; the database has defaults for suite, branch and time. */
export interface NewTestRun extends Pick<ParsedReport, keyof typeof NOTHING_SAID | "warnings"> {
  readonly source_format: ReportFormat;
  /** SHA-256 of the file, in hexadecimal. */
  readonly source_hash: string | null;
  /** Hash of the request: reusing an idempotency key for another request is a conflict. */
  readonly request_hash: string;
}

/** A run and its totals, as the API answers them. */
export const testRunTotalsSchema = z.object({
  run_id: z.number(),
  suite: z.string(),
  branch_name: z.string(),
  commit_hash: z.string().nullable(),
  /** ISO 8601. */
  run_timestamp: z.string(),
  status: z.enum(["running", "complete", "aborted"]),
  /** Tests, each counted once. */
  total_tests: z.number(),
  tests_passed: z.number(),
  tests_failed: z.number(),
  tests_skipped: z.number(),
  /** Percentage of the tests that ran; null if none ran. */
  pass_rate: z.number().nullable(),
  /** 1–10. */
  avg_watcher_quality: z.number().nullable(),
  /** Sum over the results, in seconds. */
  total_duration_secs: z.number(),
  /** USD that the tests cost. */
  total_cost_usd: z.number(),
  /** USD that the watcher's calls cost. */
  watcher_cost_usd: z.number(),
  warnings: z.array(reportWarningSchema),
});

export type TestRunTotals = z.output<typeof testRunTotalsSchema>;
