import { join } from "node:path";
import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { print, renderTable, wrap } from "../support/terminal.ts";
import { compareRuns, readIssues } from "../track/reports.ts";

const FOLDER = join(import.meta.dirname ?? ".", "../../examples/test-reports/demo");

/** State of one test on eight nights: it fails, keeps failing, is fixed, and fails again. */
const NIGHTS = ["broken", "broken", "fixed", "fixed", "fixed", "fixed", "fixed", "broken"] as const;

const totalsSchema = z.object({
  run_id: z.number(),
  tests_passed: z.number(),
  tests_failed: z.number(),
  tests_skipped: z.number(),
});

/**
 * Records a short history of test runs for the signed-in customer. Prints how the issue that the
 * database detects in it changes: new, recurring, resolved, regressed. Returns these states in
 * order.
 */
export async function trackTests(
  supabase: SupabaseClient,
  place: { readonly apiUrl: string; readonly publishableKey: string },
): Promise<readonly string[]> {
  const { data: { session } } = await supabase.auth.getSession();
  if (session === null) throw new Error("the customer is not signed in");
  print("\n● Test tracking: eight nightly runs of the customer's test suite\n");
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
    const response = await fetch(`${place.apiUrl}/functions/v1/test-runs/report?${query}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${session.access_token}`,
        apikey: place.publishableKey,
        "content-type": "application/xml",
      },
      body: await Deno.readTextFile(join(FOLDER, `checkout_${state}.xml`)),
    });
    if (!response.ok) throw new Error(`the report was refused: ${await response.text()}`);
    const totals = totalsSchema.parse(await response.json());
    runs.push(totals.run_id);
    const [issue] = await readIssues(supabase, { suite });
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
  const [issue] = await readIssues(supabase, { suite });
  if (issue !== undefined) print(wrap(`Issue ${issue.issue_code}: ${issue.title}`));
  const [last, previous] = [runs.at(-1), runs.at(-2)];
  if (last !== undefined && previous !== undefined) {
    const { summary } = await compareRuns(supabase, previous, last);
    print(wrap(
      `Compared with the night before, the last night has ${summary.regressed} regressed, ` +
        `${summary.new} new, ${summary.recurring} recurring and ${summary.fixed} fixed tests; ` +
        `${summary.not_run} did not run.`,
    ));
  }
  return states;
}
