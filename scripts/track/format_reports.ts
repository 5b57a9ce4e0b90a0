import drawChart from "simple-ascii-chart";
import type {
  RunComparison,
  TestChange,
  TrackedIssue,
  TrackedRun,
} from "../../supabase/functions/_shared/tracking/run_reports.ts";
import type { TestInsights } from "../../supabase/functions/_shared/tracking/insights/test_insights.ts";
import { formatTable, formatTime, oneLine } from "./table.ts";
import type { Totals } from "./tracker.ts";

const MOST_CHANGES = 30;
const MOST_CHARTS = 5;

/** Formats the totals of a run as one line, with its warnings below. */
export function formatTotals(totals: Totals): string {
  const { run_id, suite, branch_name, isNew, warnings } = totals;
  const rate = totals.pass_rate === null ? "" : `, ${totals.pass_rate.toFixed(2)} % of what ran`;
  const line = `Run ${run_id}  ${suite} on ${branch_name}: ${totals.total_tests} tests, ` +
    `${totals.tests_passed} passed, ${totals.tests_failed} failed, ` +
    `${totals.tests_skipped} skipped${rate}${isNew ? "" : " (known already)"}`;
  return [
    line,
    ...warnings.slice(0, 5).map(({ detail }) => `  ! ${oneLine(detail, 160)}`),
    ...warnings.length > 5 ? [`  ! and ${warnings.length - 5} more`] : [],
  ].join("\n");
}

/** Formats the comparison of two runs. */
export function formatComparison(
  before: TrackedRun,
  after: TrackedRun,
  { summary, changes }: RunComparison,
): string {
  const chance = summary.regressed + summary.fixed === 0
    ? "No test went from passing to failing or back."
    : `Probability of a split this uneven by chance: ${
      summary.mcnemar_p.toPrecision(2)
    } (exact McNemar test).`;
  const name = ({ run_id, run_timestamp, commit_hash }: TrackedRun) =>
    `run ${run_id} (${formatTime(run_timestamp)}, ${commit_hash?.slice(0, 8) ?? "no commit"})`;
  return [
    `${after.suite}: ${name(after)} beside ${name(before)}`,
    formatTable([{
      Regressed: summary.regressed,
      New: summary.new,
      Recurring: summary.recurring,
      Fixed: summary.fixed,
      "Not run": summary.not_run,
      Passing: summary.passing,
    }]),
    chance,
    ...changes.length === 0 ? [] : [formatChanges(changes)],
  ].join("\n");
}

/** Formats changed tests, one per row. */
export function formatChanges(changes: readonly TestChange[]): string {
  const rows = changes.slice(0, MOST_CHANGES).map((change) => ({
    "": change.bucket.replace("_", " "),
    Test: nameTest(change),
    Status: `${change.before_status ?? "–"} → ${change.after_status ?? "–"}`,
    Why: oneLine(change.error_message ?? "", 60),
  }));
  const more = changes.length > MOST_CHANGES ? `\nand ${changes.length - MOST_CHANGES} more` : "";
  return formatTable(rows) + more;
}

/** Formats runs over time: a chart of the pass rate per suite and branch, and a table of the runs. */
export function formatTrend(runs: readonly TrackedRun[]): string {
  const series = Map.groupBy(runs, (run) => `${run.suite} on ${run.branch_name}`);
  const charts = [...series].flatMap(([name, own]) => {
    const rates = own.flatMap(({ pass_rate }, index): [number, number][] =>
      pass_rate === null ? [] : [[index + 1, pass_rate]]
    );
    if (rates.length < 2) return [];
    const width = Math.min(72, Math.max(24, rates.length * 4));
    return [drawChart(rates, { title: `Pass rate of ${oneLine(name, 60)}, %`, width, height: 10 })];
  });
  return [
    ...charts.slice(0, MOST_CHARTS),
    formatTable(runs.map((run) => ({
      Run: run.run_id,
      "When (UTC)": formatTime(run.run_timestamp),
      Suite: run.suite,
      Branch: run.branch_name,
      Passed: run.tests_passed,
      Failed: run.tests_failed,
      Skipped: run.tests_skipped,
      "Rate %": run.pass_rate === null
        ? null
        : `${run.pass_rate.toFixed(2)} (${formatChange(run.pass_rate_change)})`,
      Seconds: Number(run.total_duration_secs.toFixed(1)),
      USD: Number(run.total_cost_usd.toFixed(4)),
      "Watcher USD": Number(run.watcher_cost_usd.toFixed(4)),
      Quality: run.avg_watcher_quality,
    }))),
  ].join("\n");
}

function formatChange(value: number | null): string {
  return value === null ? "–" : `${value > 0 ? "+" : ""}${value.toFixed(2)}`;
}

/** Formats issues, one per row. */
export function formatIssues(issues: readonly TrackedIssue[]): string {
  return formatTable(issues.map((issue) => ({
    Issue: issue.issue_code,
    Status: issue.status,
    Trend: issue.trend,
    Title: oneLine(issue.title, 60),
    Seen: issue.occurrence_count,
    Runs: issue.run_count,
    "Last seen": issue.last_detected_at === null ? null : formatTime(issue.last_detected_at),
    "Came back": issue.regressions,
  })));
}

/** Formats the insights of a suite; empty if there are none. */
export function formatInsights({ flaky, broken, slower, costlier }: TestInsights): string {
  const grown = (title: string, tests: TestInsights["slower"], unit: string) =>
    tests.map((test) => ({
      [`${title} test`]: nameTest(test),
      [`Before, ${unit}`]: Number(test.before.toPrecision(3)),
      [`Now, ${unit}`]: Number(test.now.toPrecision(3)),
      Ratio: test.ratio === null ? null : Number(test.ratio.toFixed(2)),
      p: test.p.toPrecision(2),
    }));
  return [
    flaky.map((test) => ({
      "Flaky test": nameTest(test),
      Why: test.reason === "same_commit" ? "both outcomes on one commit" : "turns often",
      Score: Number(test.score.toFixed(2)),
    })),
    broken.map((test) => ({ "Broken test": nameTest(test), "Failures in a row": test.failures })),
    grown("Slower", slower, "s"),
    grown("Costlier", costlier, "$"),
  ].filter((rows) => rows.length > 0).map((rows) => formatTable(rows)).join("\n");
}

function nameTest(
  test: Pick<TestChange, "tool_name" | "variation" | "provider" | "model">,
): string {
  return [test.tool_name, test.variation, test.provider, test.model]
    .filter((name) => name !== "").join(" · ");
}
