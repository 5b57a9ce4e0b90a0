import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";

/** A numeric. PostgREST writes it as a number, the local stack as text. */
const numeric = z.union([z.number(), z.string().min(1)]).transform(Number);

const runSchema = z.object({
  run_id: z.number(),
  suite: z.string(),
  branch_name: z.string(),
  commit_hash: z.string().nullable(),
  run_timestamp: z.string(),
  total_tests: z.number(),
  tests_passed: z.number(),
  tests_failed: z.number(),
  tests_skipped: z.number(),
  pass_rate: numeric.nullable(),
  avg_watcher_quality: numeric.nullable(),
  total_duration_secs: numeric,
  total_cost_usd: numeric,
  watcher_cost_usd: numeric,
  previous_run_id: z.number().nullable(),
  pass_rate_change: numeric.nullable(),
});

/** A complete run with its change since the previous one. Seconds, USD, percent. */
export type RunRow = z.output<typeof runSchema>;

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
export type Change = z.output<typeof changeSchema>;

const summarySchema = z.object({
  regressed: z.number(),
  new: z.number(),
  recurring: z.number(),
  fixed: z.number(),
  not_run: z.number(),
  passing: z.number(),
  mcnemar_p: z.number(),
});

/** Two runs test by test. */
export interface Comparison {
  /** Number of tests per bucket, with the p of the exact McNemar test. */
  readonly summary: z.output<typeof summarySchema>;
  readonly changes: readonly Change[];
}

const issueSchema = z.object({
  issue_code: z.string(),
  suite: z.string(),
  title: z.string(),
  priority: z.enum(["CRITICAL", "HIGH", "MEDIUM", "LOW"]),
  status: z.enum(["OPEN", "IN_PROGRESS", "RESOLVED", "WONT_FIX"]),
  trend: z.enum(["new", "recurring", "regressed", "resolved"]),
  occurrence_count: z.number(),
  run_count: z.number(),
  last_detected_at: z.string().nullable(),
  regressions: z.number(),
});

/** An issue and its occurrences. */
export type IssueRow = z.output<typeof issueSchema>;

/** Selection of runs. */
export interface RunFilter {
  readonly suite?: string | undefined;
  readonly branch?: string | undefined;
}

/** Reads the last complete runs, the oldest first. */
export async function readRuns(
  client: SupabaseClient,
  { suite, branch }: RunFilter,
  last: number,
): Promise<RunRow[]> {
  let query = client.from("report_test_runs").select("*")
    .order("run_timestamp", { ascending: false }).order("run_id", { ascending: false })
    .limit(last);
  if (suite !== undefined) query = query.eq("suite", suite);
  if (branch !== undefined) query = query.eq("branch_name", branch);
  return z.array(runSchema).parse(take(await query)).toReversed();
}

/** Reads one run. @throws {Error} if it does not exist or is not complete. */
export async function readRun(client: SupabaseClient, runId: number): Promise<RunRow> {
  const [row] = z.array(runSchema).parse(
    take(await client.from("report_test_runs").select("*").eq("run_id", runId)),
  );
  if (row === undefined) throw new Error(`There is no complete run ${runId} of this account.`);
  return row;
}

/** Reads the last run of each suite and branch. */
export async function readLatestRuns(
  client: SupabaseClient,
  { suite, branch }: RunFilter,
): Promise<RunRow[]> {
  let query = client.from("report_latest_test_runs").select("run_id").limit(200);
  if (suite !== undefined) query = query.eq("suite", suite);
  if (branch !== undefined) query = query.eq("branch_name", branch);
  const ids = z.array(z.object({ run_id: z.number() })).parse(take(await query));
  return z.array(runSchema).parse(take(
    await client.from("report_test_runs").select("*").in("run_id", ids.map(({ run_id }) => run_id))
      .order("suite").order("branch_name"),
  ));
}

/** Compares two runs test by test. */
export async function compareRuns(
  client: SupabaseClient,
  before: number,
  after: number,
): Promise<Comparison> {
  const runs = { p_before: before, p_after: after };
  const [summary, changes] = await Promise.all([
    client.rpc("summarize_test_run_comparison", runs),
    client.rpc("compare_test_runs", runs),
  ]);
  return {
    summary: z.tuple([summarySchema]).parse(take(summary))[0],
    changes: z.array(changeSchema).parse(take(changes)),
  };
}

/** Reads issues, open ones and those of high priority first. */
export async function readIssues(
  client: SupabaseClient,
  { suite, status }: { readonly suite?: string | undefined; readonly status?: string | undefined },
): Promise<IssueRow[]> {
  let query = client.from("report_issue_resolution").select("*").limit(1_000);
  if (suite !== undefined) query = query.eq("suite", suite);
  if (status !== undefined) query = query.eq("status", status);
  const { status: statuses, priority: priorities } = issueSchema.shape;
  const rank = (issue: IssueRow) =>
    statuses.options.indexOf(issue.status) * priorities.options.length +
    priorities.options.indexOf(issue.priority);
  return z.array(issueSchema).parse(take(await query)).toSorted((one, other) =>
    rank(one) - rank(other) || other.occurrence_count - one.occurrence_count
  );
}

function take(
  { data, error }: { readonly data: unknown; readonly error: { message: string } | null },
): unknown {
  if (error !== null) throw new Error(error.message);
  return data;
}
