import { join } from "node:path";
import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { compareRuns, readIssues } from "../track/reports.ts";
import { formatTable } from "../track/table.ts";

const FOLDER = join(import.meta.dirname ?? ".", "../../examples/test-reports/demo");

/** One suite over eight nights: a failure comes, stays, is repaired, and comes back. */
const NIGHTS = ["broken", "broken", "fixed", "fixed", "fixed", "fixed", "fixed", "broken"] as const;

const totalsSchema = z.object({
  run_id: z.number(),
  tests_passed: z.number(),
  tests_failed: z.number(),
  tests_skipped: z.number(),
});

/**
 * Takes a small history of test runs in for the signed-in customer, and prints what became of the
 * issue that the database finds in it: detected, recurring, resolved, regressed. Returns its states in
 * the order in which it took them.
 */
export async function trackTests(
  supabase: SupabaseClient,
  place: { readonly apiUrl: string; readonly publishableKey: string },
): Promise<readonly string[]> {
  const { data: { session } } = await supabase.auth.getSession();
  if (session === null) throw new Error("the customer is not signed in");
  console.log("\n● The customer's own test suite, eight nights of it\n");
  // A history of its own each time the demo runs.
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
      issue?.issue_code ?? null,
      isChanged ? after : "",
      issue?.occurrence_count ?? 0,
    ]);
  }
  console.log(
    formatTable(["Night", "Passed", "Failed", "Skipped", "Issue", "Is now", "Seen"], rows),
  );
  const [issue] = await readIssues(supabase, { suite });
  if (issue !== undefined) console.log(`  ${issue.issue_code}: ${issue.title}`);
  const [last, previous] = [runs.at(-1), runs.at(-2)];
  if (last !== undefined && previous !== undefined) {
    const { summary } = await compareRuns(supabase, previous, last);
    console.log(
      `  The last night beside the one before: ${summary.regressed} regressed, ${summary.new} new, ` +
        `${summary.recurring} recurring, ${summary.fixed} fixed, ${summary.not_run} not run.`,
    );
  }
  return states;
}
