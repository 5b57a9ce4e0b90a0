import { z } from "zod";
import {
  ISSUE_PRIORITIES,
  ISSUE_STATUSES,
  type RunComparison,
  runComparisonSchema,
  type TrackedIssue,
  trackedIssueSchema,
  type TrackedRun,
  trackedRunSchema,
} from "../../supabase/functions/_shared/tracking/run_reports.ts";
import type { Tracker } from "./tracker.ts";

const runsSchema = z.object({ runs: z.array(trackedRunSchema) });
const issuesSchema = z.object({ issues: z.array(trackedIssueSchema) });

/** Selection of runs. */
export interface RunFilter {
  readonly suite?: string | undefined;
  readonly branch?: string | undefined;
}

/** Reads the last complete runs, the oldest first. */
export async function readRuns(
  tracker: Tracker,
  { suite, branch }: RunFilter,
  last: number,
): Promise<TrackedRun[]> {
  const query = write({ suite, branch, limit: last });
  return (await tracker.read(`?${query}`, runsSchema)).runs.toReversed();
}

/** Reads one run. @throws {Error} if it does not exist or is not complete. */
export async function readRun(tracker: Tracker, runId: number): Promise<TrackedRun> {
  const [run] = (await tracker.read(`?${write({ run_id: runId })}`, runsSchema)).runs;
  if (run === undefined) throw new Error(`There is no complete run ${runId} of this account.`);
  return run;
}

/** Reads the last run of each suite and branch. */
export async function readLatestRuns(
  tracker: Tracker,
  { suite, branch }: RunFilter,
): Promise<TrackedRun[]> {
  const query = write({ suite, branch, latest: true, limit: 200 });
  return (await tracker.read(`?${query}`, runsSchema)).runs.toSorted((one, other) =>
    one.suite.localeCompare(other.suite) || one.branch_name.localeCompare(other.branch_name)
  );
}

/** Compares two runs test by test. */
export async function compareRuns(
  tracker: Tracker,
  before: number,
  after: number,
): Promise<RunComparison> {
  return await tracker.read(`/compare?${write({ before, after })}`, runComparisonSchema);
}

/** Reads issues, open ones and those of high priority first. */
export async function readIssues(
  tracker: Tracker,
  { suite, status }: { readonly suite?: string | undefined; readonly status?: string | undefined },
): Promise<TrackedIssue[]> {
  const { issues } = await tracker.read(`/issues?${write({ suite, status })}`, issuesSchema);
  const rank = (issue: TrackedIssue) =>
    ISSUE_STATUSES.indexOf(issue.status) * ISSUE_PRIORITIES.length +
    ISSUE_PRIORITIES.indexOf(issue.priority);
  return issues.toSorted((one, other) =>
    rank(one) - rank(other) || other.occurrence_count - one.occurrence_count
  );
}

/** Writes the parameters that are set. */
function write(
  parameters: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, String(value));
  }
  return query.toString();
}
