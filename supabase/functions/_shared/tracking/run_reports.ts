import { z } from "zod";

/** A complete run with its change since the previous one of its suite and branch. Seconds, USD, percent. */
export const trackedRunSchema = z.object({
  run_id: z.number(),
  suite: z.string(),
  branch_name: z.string(),
  commit_hash: z.string().nullable(),
  run_timestamp: z.string(),
  total_tests: z.number(),
  tests_passed: z.number(),
  tests_failed: z.number(),
  tests_skipped: z.number(),
  pass_rate: z.number().nullable(),
  avg_watcher_quality: z.number().nullable(),
  total_duration_secs: z.number(),
  total_cost_usd: z.number(),
  watcher_cost_usd: z.number(),
  previous_run_id: z.number().nullable(),
  pass_rate_change: z.number().nullable(),
});
export type TrackedRun = z.output<typeof trackedRunSchema>;

const changeSchema = z.object({
  bucket: z.enum(["regressed", "new", "recurring", "fixed", "not_run"]),
  tool_name: z.string(),
  variation: z.string(),
  provider: z.string(),
  model: z.string(),
  before_status: z.string().nullable(),
  after_status: z.string().nullable(),
  error_message: z.string().nullable(),
});

/** A test that changed between two runs. */
export type TestChange = z.output<typeof changeSchema>;

/** Two runs test by test. */
export const runComparisonSchema = z.object({
  /** Number of tests per bucket, with the p of the exact McNemar test. */
  summary: z.object({
    regressed: z.number(),
    new: z.number(),
    recurring: z.number(),
    fixed: z.number(),
    not_run: z.number(),
    passing: z.number(),
    mcnemar_p: z.number(),
  }),
  changes: z.array(changeSchema),
});
export type RunComparison = z.output<typeof runComparisonSchema>;

/** Statuses of issues, those to act on first. */
export const ISSUE_STATUSES = ["OPEN", "IN_PROGRESS", "RESOLVED", "WONT_FIX"] as const;
/** Priorities of issues, the highest first. */
export const ISSUE_PRIORITIES = ["CRITICAL", "HIGH", "MEDIUM", "LOW"] as const;

/** An issue and its occurrences. */
export const trackedIssueSchema = z.object({
  issue_code: z.string(),
  suite: z.string(),
  title: z.string(),
  priority: z.enum(ISSUE_PRIORITIES),
  status: z.enum(ISSUE_STATUSES),
  trend: z.enum(["new", "recurring", "regressed", "resolved"]),
  occurrence_count: z.number(),
  run_count: z.number(),
  last_detected_at: z.string().nullable(),
  regressions: z.number(),
});
export type TrackedIssue = z.output<typeof trackedIssueSchema>;
