import drawChart from "simple-ascii-chart";
import type { Change, ComparisonSummary, IssueRow, RunRow } from "./reports.ts";
import type { TestInsights } from "../../supabase/functions/_shared/tracking/insights/test_insights.ts";
import { formatTable, formatTime, oneLine, signed } from "./table.ts";
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
  before: RunRow,
  after: RunRow,
  { summary, changes }: {
    readonly summary: ComparisonSummary;
    readonly changes: readonly Change[];
  },
): string {
  const chance = summary.regressed + summary.fixed === 0
    ? "No test went from passing to failing or back."
    : `Probability of a split this uneven by chance: ${
      summary.mcnemar_p.toPrecision(2)
    } (exact McNemar test).`;
  const parts = [
    `${after.suite}: run ${after.run_id} (${formatTime(after.run_timestamp)}, ${
      after.commit_hash?.slice(0, 8) ?? "no commit"
    }) beside run ${before.run_id} (${formatTime(before.run_timestamp)}, ${
      before.commit_hash?.slice(0, 8) ?? "no commit"
    })`,
    formatTable(["Regressed", "New", "Recurring", "Fixed", "Not run", "Passing"], [[
      summary.regressed,
      summary.new,
      summary.recurring,
      summary.fixed,
      summary.not_run,
      summary.passing,
    ]]),
    chance,
  ];
  if (changes.length > 0) parts.push(formatChanges(changes));
  return parts.join("\n");
}

/** Formats changed tests, one per row. */
export function formatChanges(changes: readonly Change[]): string {
  const rows = changes.slice(0, MOST_CHANGES).map((change) => [
    change.bucket.replace("_", " "),
    nameTest(change),
    `${change.before_status ?? "–"} → ${change.after_status ?? "–"}`,
    oneLine(change.error_message ?? "", 60),
  ]);
  const more = changes.length > MOST_CHANGES ? `\nand ${changes.length - MOST_CHANGES} more` : "";
  return formatTable(["", "Test", "Status", "Why"], rows) + more;
}

/** Formats runs over time: a chart of the pass rate per suite and branch, and a table of the runs. */
export function formatTrend(runs: readonly RunRow[]): string {
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
    formatTable(
      [
        "Run",
        "When (UTC)",
        "Suite",
        "Branch",
        "Passed",
        "Failed",
        "Skipped",
        "Rate %",
        "Seconds",
        "USD",
        "Watcher USD",
        "Quality",
      ],
      runs.map((run) => [
        run.run_id,
        formatTime(run.run_timestamp),
        run.suite,
        run.branch_name,
        run.tests_passed,
        run.tests_failed,
        run.tests_skipped,
        run.pass_rate === null
          ? null
          : `${run.pass_rate.toFixed(2)} (${signed(run.pass_rate_change, 2) ?? "–"})`,
        Number(run.total_duration_secs.toFixed(1)),
        Number(run.total_cost_usd.toFixed(4)),
        Number(run.watcher_cost_usd.toFixed(4)),
        run.avg_watcher_quality,
      ]),
    ),
  ].join("\n");
}

/** Formats issues, one per row. */
export function formatIssues(issues: readonly IssueRow[]): string {
  return formatTable(
    ["Issue", "Status", "Trend", "Title", "Seen", "Runs", "Last seen", "Came back"],
    issues.map((issue) => [
      issue.issue_code,
      issue.status,
      issue.trend,
      oneLine(issue.title, 60),
      issue.occurrence_count,
      issue.run_count,
      issue.last_detected_at === null ? null : formatTime(issue.last_detected_at),
      issue.regressions,
    ]),
  );
}

/** Formats the insights of a suite; empty if there are none. */
export function formatInsights({ flaky, broken, slower, costlier }: TestInsights): string {
  const parts: string[] = [];
  if (flaky.length > 0) {
    parts.push(formatTable(
      ["Flaky test", "Why", "Score"],
      flaky.map((test) => [
        nameTest(test),
        test.reason === "same_commit" ? "both outcomes on one commit" : "turns often",
        Number(test.score.toFixed(2)),
      ]),
    ));
  }
  if (broken.length > 0) {
    parts.push(formatTable(
      ["Broken test", "Failures in a row"],
      broken.map((test) => [nameTest(test), test.failures]),
    ));
  }
  for (
    const [title, grown, unit] of [["Slower", slower, "s"], ["Costlier", costlier, "$"]] as const
  ) {
    if (grown.length === 0) continue;
    parts.push(formatTable(
      [`${title} test`, `Before, ${unit}`, `Now, ${unit}`, "Ratio", "p"],
      grown.map((test) => [
        nameTest(test),
        Number(test.before.toPrecision(3)),
        Number(test.now.toPrecision(3)),
        test.ratio === null ? null : Number(test.ratio.toFixed(2)),
        test.p.toPrecision(2),
      ]),
    ));
  }
  return parts.join("\n");
}

function nameTest(
  test: Pick<Change, "tool_name" | "variation" | "provider" | "model">,
): string {
  return [test.tool_name, test.variation, test.provider, test.model]
    .filter((name) => name !== "").join(" · ");
}
