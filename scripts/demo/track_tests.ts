import { join } from "node:path";
import { print, renderTable, wrap } from "../support/terminal.ts";
import type { Destination } from "../track/destination.ts";
import { compareRuns, readIssues } from "../track/reports.ts";
import { Tracker } from "../track/tracker.ts";

const FOLDER = join(import.meta.dirname ?? ".", "../../examples/test-reports/demo");

/** State of one test on eight nights: it fails, keeps failing, is fixed, and fails again. */
const NIGHTS = ["broken", "broken", "fixed", "fixed", "fixed", "fixed", "fixed", "broken"] as const;

/**
 * Records a short history of test runs with a key of an account, as CI does. Prints how the issue that the
 * database detects in it changes: new, recurring, resolved, regressed. Returns these states in
 * order.
 */
export async function trackTests(
  destination: Destination,
): Promise<readonly string[]> {
  const tracker = new Tracker(destination);
  print("\n● Test tracking: eight nightly runs of the team's test suite\n");
  // Each run of the demo gets a new history.
  const now = new Date();
  const suite = `shop ${now.toISOString().slice(0, 19).replace("T", " ")}`;
  const rows: (string | number | null)[][] = [];
  const runs: number[] = [];
  const states: string[] = [];
  for (const [night, state] of NIGHTS.entries()) {
    const time = new Date(now.getTime() - (NIGHTS.length - night) * 86_400_000);
    const query = new URLSearchParams({
      suite,
      branch_name: "main",
      commit_hash: `night-${night + 1}`,
      run_timestamp: time.toISOString(),
    });
    const file = await Deno.readTextFile(join(FOLDER, `checkout_${state}.xml`));
    const totals = await tracker.sendReport(query, file);
    runs.push(totals.run_id);
    const [issue] = await readIssues(tracker, { suite });
    const after = issue === undefined ? null : `${issue.status}, ${issue.trend}`;
    const isChanged = after !== null && after !== states.at(-1);
    if (isChanged) states.push(after);
    rows.push([
      time.toISOString().slice(0, 10),
      totals.tests_passed,
      totals.tests_failed,
      totals.tests_skipped,
      isChanged ? after : "",
      issue?.occurrence_count ?? 0,
    ]);
  }
  print(
    renderTable(["Night", "Passed", "Failed", "Skipped", "Issue", "Times seen"], rows),
  );
  const [issue] = await readIssues(tracker, { suite });
  if (issue !== undefined) print(wrap(`Issue ${issue.issue_code}: ${issue.title}`));
  const [last, previous] = [runs.at(-1), runs.at(-2)];
  if (last !== undefined && previous !== undefined) {
    const { summary } = await compareRuns(tracker, previous, last);
    print(wrap(
      `Compared with the night before, the last night has ${summary.regressed} regressed, ` +
        `${summary.new} new, ${summary.recurring} recurring and ${summary.fixed} fixed tests; ` +
        `${summary.not_run} did not run.`,
    ));
  }
  return states;
}
