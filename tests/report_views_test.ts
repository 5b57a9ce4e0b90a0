import assert from "node:assert/strict";
import fc from "fast-check";
import type { Sql } from "postgres";
import {
  aggregateErrorPatterns,
  getModelFieldErrors,
} from "../supabase/functions/_shared/report/field_errors.ts";
import { groupBy } from "../supabase/functions/_shared/report/group_by.ts";
import type { ReportRun } from "../supabase/functions/_shared/report/report_types.ts";
import { summarizeRuns } from "../supabase/functions/_shared/report/summarize_runs.ts";
import { resampleImages } from "../supabase/functions/_shared/statistics/bootstrap.ts";
import { orderReport, payForReport, startTestDatabase } from "./support/database.ts";

const MODELS = ["test/a", "test/b"];

const value = fc.constantFrom(1, 1.5, "one", null, true);
const fieldError = fc.record({
  fieldPath: fc.constantFrom("total", "date", "vendor.name"),
  expected: value,
  actual: value,
  formatOnly: fc.constant(true as const),
}, { requiredKeys: ["fieldPath"] });
const run = fc.record({
  model_id: fc.constantFrom(...MODELS),
  status: fc.constantFrom("complete" as const, "failed" as const, "skipped" as const),
  exact_match: fc.boolean(),
  field_accuracy: fc.integer({ min: 0, max: 100 }),
  field_errors: fc.uniqueArray(fieldError, {
    maxLength: 3,
    selector: ({ fieldPath }) => fieldPath,
  }),
  response_time_ms: fc.option(fc.integer({ min: 1, max: 5_000 })),
  actual_cost: fc.option(fc.integer({ min: 0, max: 1_000 }).map((micros) => micros / 1e6)),
  error_kind: fc.constantFrom(null, "refusal", "rejected", "outage"),
});

/** What the functions make of the runs, in the views' words. */
function compute(report: string, runs: readonly ReportRun[]) {
  const attempted = runs.filter(({ status }) => status !== "skipped");
  const summaries = summarizeRuns([], attempted, resampleImages(runs.length, report));
  const byModel = groupBy(
    runs.filter(({ status }) => status === "complete"),
    ({ model_id }) => model_id,
  );
  return {
    summaries,
    mistakes: [...byModel].flatMap(([model, own]) =>
      getModelFieldErrors(own).map(({ fieldPath, formatOnly, occurrences, percentage }) =>
        [model, fieldPath, formatOnly === true, occurrences, percentage.toFixed(6)].join()
      )
    ).toSorted(),
    patterns: aggregateErrorPatterns(summaries, byModel).map((
      { modelId, fieldPath, formatOnly, occurrences },
    ) => [modelId, fieldPath, formatOnly === true, occurrences].join()).toSorted(),
  };
}

/** Compares the three views with that. */
async function compareViews(
  sql: Sql,
  report: string,
  { summaries, mistakes, patterns }: ReturnType<typeof compute>,
): Promise<void> {
  const rows = await sql`select * from public.report_model_summaries where report_id = ${report}`;
  assert.equal(rows.length, summaries.length);
  for (const summary of summaries) {
    const row = rows.find(({ model_id }) => model_id === summary.modelId);
    const pairs = [
      [row?.accuracy, summary.accuracy],
      [row?.exact_match_rate, summary.exactMatchRate],
      [row?.cost_per_run, summary.costPerRun],
      [row?.median_latency, summary.medianLatency],
      [row?.p95_latency, summary.p95Latency],
      [row?.spread, summary.spread],
      [row?.runs_completed, summary.runsCompleted],
      [row?.runs_attempted, summary.runsAttempted],
    ];
    for (const [one, other] of pairs) assert.ok(isClose(one, other), JSON.stringify(pairs));
  }
  const errors = await sql`
    select model_id, field_path, format_only, occurrences, percentage::float8 as percentage
    from public.report_field_errors where report_id = ${report}`;
  assert.deepEqual(
    errors.map(({ model_id, field_path, format_only, occurrences, percentage }) =>
      [model_id, field_path, format_only, occurrences, percentage.toFixed(6)].join()
    ).toSorted(),
    mistakes,
  );
  const found = await sql`
    select model_id, field_path, format_only, occurrences from public.report_error_patterns
    where report_id = ${report}`;
  assert.deepEqual(
    found.map(({ model_id, field_path, format_only, occurrences }) =>
      [model_id, field_path, format_only, occurrences].join()
    ).toSorted(),
    patterns,
  );
}

function isClose(one: unknown, other: unknown): boolean {
  if (one === null || other === null) return one === other;
  return Math.abs(Number(one) - Number(other)) <= 1e-9 * Math.max(1, Math.abs(Number(one)));
}

Deno.test("the views and the functions make the same figures of any runs, while they run and once they are kept", async () => {
  await using database = await startTestDatabase();
  const { sql } = database;
  const { owner, report } = await orderReport(database, { models: MODELS });
  // So that one report can be completed again and again.
  await sql`alter table public.reports disable trigger reports_check_status`;
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 60 }), async (drawn) => {
      await sql`delete from public.benchmark_runs`;
      for (const kept of ["model_summaries", "field_errors", "error_patterns"]) {
        await sql`delete from ${sql(`public.kept_${kept}`)}`;
      }
      await sql`update public.reports set status = 'running', has_kept_figures = false`;
      const rows = drawn.map((row, index) => ({
        ...row,
        skip_reason: row.status === "skipped" ? "soft_ceiling" : null,
        report_id: report,
        owner_id: owner,
        image_index: index,
        repeat_index: 0,
        estimated_cost: 0,
      }));
      for (const row of rows) {
        await sql`insert into public.benchmark_runs ${
          sql({ ...row, field_errors: sql.json(row.field_errors) })
        }`;
      }
      const computed = compute(
        report,
        rows.map((row): ReportRun => ({ ...row, error_message: null, score: null })),
      );
      await compareViews(sql, report, computed);
      await sql`update public.reports set status = 'complete'`;
      await compareViews(sql, report, computed);
    }),
    { numRuns: 30 },
  );
});

Deno.test("a completed report's figures are read without its runs", async () => {
  await using database = await startTestDatabase();
  const { sql, workers } = database;
  const report = await payForReport(database, { models: MODELS, images: 3 });
  const [{ owner }] = await sql<[{ owner: string }]>`
    select owner_id as owner from public.reports where id = ${report}`;
  await sql`update public.benchmark_runs set status = 'complete', field_accuracy = 50, response_time_ms = 7,
    field_errors = '[{"fieldPath": "total", "expected": 1, "actual": 2}]'`;
  await sql`update public.reports set status = 'running'`;
  await workers`update public.reports set status = 'complete' where id = ${report}`;
  const relations = await sql.begin(async (own) => {
    await own`select set_config('request.jwt.claims', ${
      JSON.stringify({ sub: owner, role: "authenticated" })
    }, true)`;
    await own`set local role authenticated`;
    const views = ["model_summaries", "field_errors", "error_patterns"];
    return await Promise.all(views.map(async (view) => {
      const name = own(`public.report_${view}`);
      const rows = await own`select * from ${name} where report_id = ${report}`;
      const plan = await own`
        explain (analyze, timing off, format json) select * from ${name} where report_id = ${report}`;
      return { rows: rows.length, scanned: scannedIn(plan[0]?.["QUERY PLAN"]) };
    }));
  });
  for (const { rows, scanned } of relations) {
    assert.equal(rows, 2);
    assert.ok(!scanned.includes("benchmark_runs"), scanned.join());
    assert.ok(scanned.includes("reports"), scanned.join());
  }
});

/** The tables that a plan has read, each time it did; those it never came to are left out. */
function scannedIn(plan: unknown): string[] {
  if (Array.isArray(plan)) return plan.flatMap(scannedIn);
  if (typeof plan !== "object" || plan === null) return [];
  const own = "Relation Name" in plan && "Actual Loops" in plan && plan["Actual Loops"] !== 0
    ? [String(plan["Relation Name"])]
    : [];
  return [...own, ...Object.values(plan).flatMap(scannedIn)];
}
