import assert from "node:assert/strict";
import fc from "fast-check";
import type { Sql } from "postgres";
import { orderReport, payForReport, startTestDatabase } from "../scripts/testing/database.ts";
import { countRuns } from "../supabase/functions/_shared/benchmark/count_runs.ts";
import {
  aggregateErrorPatterns,
  getModelFieldErrors,
} from "../supabase/functions/_shared/report/field_errors.ts";
import type { ReportRun } from "../supabase/functions/_shared/report/report_run.ts";
import { summarizeRuns } from "../supabase/functions/_shared/report/summarize_runs.ts";
import { resampleImages } from "../supabase/functions/_shared/statistics/bootstrap.ts";

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
  exact_match: fc.option(fc.boolean()),
  field_accuracy: fc.option(fc.integer({ min: 0, max: 9 }).map((right) => 100 * right / 9)),
  field_errors: fc.option(fc.uniqueArray(fieldError, {
    maxLength: 3,
    selector: ({ fieldPath }) => fieldPath,
  })),
  response_time_ms: fc.option(fc.integer({ min: 1, max: 5_000 })),
  actual_cost: fc.option(fc.integer({ min: 0, max: 1_000 }).map((micros) => micros / 1e6)),
  error_kind: fc.constantFrom(null, "refusal", "rejected", "outage"),
  served_other: fc.boolean(),
});

/** Computes the figures of the runs by the functions, with the columns of the views. */
function compute(report: string, runs: readonly ReportRun[]) {
  const attempted = runs.filter(({ status }) => status !== "skipped");
  const summaries = summarizeRuns([], attempted, resampleImages(runs.length, report));
  const byModel = new Map(
    [...Map.groupBy(runs.filter(({ status }) => status === "complete"), ({ model_id }) => model_id)]
      .map(([id, own]) => [id, countRuns(own).runs]),
  );
  return {
    summaries,
    mistakes: [...byModel].flatMap(([model, own]) =>
      getModelFieldErrors(own).map((mistake) =>
        JSON.stringify([
          model,
          mistake.fieldPath,
          ...valuesOf(mistake, "expected", "actual"),
          mistake.formatOnly === true,
          mistake.occurrences,
          mistake.percentage.toFixed(6),
        ])
      )
    ).toSorted(),
    patterns: aggregateErrorPatterns(summaries, byModel).map((pattern) =>
      JSON.stringify([
        pattern.modelId,
        pattern.fieldPath,
        ...valuesOf(pattern, "commonExpected", "commonActual"),
        pattern.formatOnly === true,
        pattern.occurrences,
        pattern.percentage.toFixed(6),
      ])
    ).toSorted(),
  };
}

/** Writes a value as JSON; null for an absent one. */
function valuesOf(mistake: object, ...keys: readonly string[]): (string | null)[] {
  const values = new Map(Object.entries(mistake));
  return keys.map((key) => values.has(key) ? JSON.stringify(values.get(key)) : null);
}

/** Asserts that the three views have the same figures. */
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
    select model_id, field_path, expected::text, actual::text, format_only, occurrences,
      percentage::float8 as percentage
    from public.report_field_errors where report_id = ${report}`;
  assert.deepEqual(
    errors.map((row) =>
      JSON.stringify([
        row["model_id"],
        row["field_path"],
        row["expected"],
        row["actual"],
        row["format_only"],
        row["occurrences"],
        row["percentage"].toFixed(6),
      ])
    ).toSorted(),
    mistakes,
  );
  const found = await sql`
    select model_id, field_path, common_expected::text, common_actual::text, format_only, occurrences,
      percentage::float8 as percentage
    from public.report_error_patterns where report_id = ${report}`;
  assert.deepEqual(
    found.map((row) =>
      JSON.stringify([
        row["model_id"],
        row["field_path"],
        row["common_expected"],
        row["common_actual"],
        row["format_only"],
        row["occurrences"],
        row["percentage"].toFixed(6),
      ])
    ).toSorted(),
    patterns,
  );
}

function isClose(one: unknown, other: unknown): boolean {
  if (one === null || other === null) return one === other;
  return Math.abs(Number(one) - Number(other)) <= 1e-9 * Math.max(1, Math.abs(Number(one)));
}

type DrawnRun = typeof run extends fc.Arbitrary<infer Run> ? Run : never;

/** Changes of runs, one statement each. Existing runs are named by their index. */
const change = fc.oneof(
  { weight: 3, arbitrary: fc.record({ added: fc.array(run, { minLength: 1, maxLength: 25 }) }) },
  fc.record({ places: fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 10 }), becomes: run }),
  fc.record({ deleted: fc.uniqueArray(fc.nat(30), { minLength: 1, maxLength: 5 }) }),
);

Deno.test("the views and the functions make the same figures of any runs, at any moment: while they run or change, once they are kept, and of a report that failed", async () => {
  await using database = await startTestDatabase();
  const { sql } = database;
  const { owner, report } = await orderReport(database, { models: MODELS });
  // Allows one report to be ended several times.
  await sql`alter table public.reports disable trigger reports_check_status`;
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { maxLength: 5 }),
      fc.constantFrom("complete", "failed"),
      async (changes, ending) => {
        await sql`delete from public.benchmark_runs`;
        await sql`delete from public.kept_error_patterns`;
        await sql`update public.reports set status = 'running', has_kept_patterns = false`;
        const rows = new Map<number, DrawnRun>();
        const columnsOf = (row: DrawnRun) => ({
          ...row,
          field_errors: row.field_errors && sql.json(row.field_errors),
          skip_reason: row.status === "skipped" ? "soft_ceiling" : null,
        });
        const compare = () =>
          compareViews(
            sql,
            report,
            compute(
              report,
              [...rows].map(([index, row]): ReportRun => ({
                ...row,
                image_index: index,
                served_model: row.served_other ? "test/other" : null,
                schema_regime: null,
                skip_reason: null,
                error_message: null,
                score: null,
              })),
            ),
          );
        let next = 0;
        for (const step of changes) {
          if ("added" in step) {
            const added = step.added.map((row) => ({ ...row, image_index: next++ }));
            await sql`insert into public.benchmark_runs ${
              sql(added.map((row) => ({
                ...columnsOf(row),
                image_index: row.image_index,
                report_id: report,
                owner_id: owner,
                repeat_index: 0,
                estimated_cost: 0,
              })))
            }`;
            for (const { image_index, ...row } of added) rows.set(image_index, row);
          } else if ("places" in step) {
            await sql`update public.benchmark_runs set ${sql(columnsOf(step.becomes))}
              where image_index = any (${step.places})`;
            for (const place of step.places) if (rows.has(place)) rows.set(place, step.becomes);
          } else {
            await sql`delete from public.benchmark_runs where image_index = any (${step.deleted})`;
            for (const place of step.deleted) rows.delete(place);
          }
          await compare();
        }
        await sql`update public.reports set status = ${ending}`;
        await compare();
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("figures stay right if workers write runs of the same models concurrently, and are deleted with their report", async () => {
  await using database = await startTestDatabase();
  const { sql, workers } = database;
  const report = await payForReport(database, { models: MODELS, images: 40 });
  const ids = (await sql`
    select id from public.benchmark_runs where report_id = ${report} order by md5(id::text)`)
    .map(({ id }) => id);
  await Promise.all(
    Array.from({ length: 8 }, async (_, worker) => {
      for (let at = worker * 4; at < ids.length; at += 32) {
        await workers`
          update public.benchmark_runs r set status = 'complete', served_other = image_index % 4 = 0, field_errors = jsonb_build_array(
            jsonb_build_object('fieldPath', 'total', 'expected', 1, 'actual', image_index % 2),
            jsonb_build_object('fieldPath', 'note', 'actual', repeat('x', 10000)))
          where id = any (${ids.slice(at, at + 4)})`;
      }
    }),
  );
  assert.deepEqual(
    [
      ...await sql`
        select model_id, left(actual #>> '{}', 1) as actual, occurrences, percentage::int
        from public.report_field_errors where report_id = ${report} order by 1, 2`,
    ],
    MODELS.flatMap((model_id) => [
      // Another model answered a quarter of them, which do not count.
      { model_id, actual: "0", occurrences: 10, percentage: 33 },
      { model_id, actual: "1", occurrences: 20, percentage: 67 },
      { model_id, actual: "x", occurrences: 30, percentage: 100 },
    ]),
  );
  await sql`delete from auth.users where id = (select owner_id from public.reports where id = ${report})`;
  const [left] = await sql`
    select (select count(*)::int from public.model_figures) as models,
      (select count(*)::int from public.field_error_counts) as mistakes`;
  assert.deepEqual(left, { models: 0, mistakes: 0 });
});

Deno.test("figures are read without the runs, and patterns without the mistakes once a report is completed", async () => {
  await using database = await startTestDatabase();
  const { sql, workers } = database;
  const report = await payForReport(database, { models: MODELS, images: 3 });
  const [{ owner }] = await sql<[{ owner: string }]>`
    select owner_id as owner from public.reports where id = ${report}`;
  await sql`update public.benchmark_runs set status = 'complete', field_accuracy = 50, response_time_ms = 7,
    field_errors = '[{"fieldPath": "total", "expected": 1, "actual": 2}]'`;
  await sql`update public.reports set status = 'running'`;
  const tablesRead = () =>
    sql.begin(async (own) => {
      await own`select set_config('request.jwt.claims', ${
        JSON.stringify({ sub: owner, role: "authenticated" })
      }, true)`;
      await own`set local role authenticated`;
      const views = ["model_summaries", "field_errors", "error_patterns"];
      return await Promise.all(views.map(async (view) => {
        const name = own(`public.report_${view}`);
        const rows = await own`select * from ${name} where report_id = ${report}`;
        assert.equal(rows.length, 2);
        const plan = await own`
          explain (analyze, timing off, format json) select * from ${name} where report_id = ${report}`;
        return scannedIn(plan[0]?.["QUERY PLAN"]).toSorted();
      }));
    });
  const figures = ["model_figures"];
  const mistakes = ["field_error_counts", ...figures];
  assert.deepEqual(await tablesRead(), [
    figures,
    mistakes,
    [...mistakes, "kept_error_patterns", "reports"].toSorted(),
  ]);
  await workers`update public.reports set status = 'complete' where id = ${report}`;
  assert.deepEqual(await tablesRead(), [figures, mistakes, ["kept_error_patterns", "reports"]]);
});

/** Returns the tables that a plan has read, once per read. */
function scannedIn(plan: unknown): string[] {
  if (Array.isArray(plan)) return plan.flatMap(scannedIn);
  if (typeof plan !== "object" || plan === null) return [];
  const own = "Relation Name" in plan && "Actual Loops" in plan && plan["Actual Loops"] !== 0
    ? [String(plan["Relation Name"])]
    : [];
  return [...own, ...Object.values(plan).flatMap(scannedIn)];
}
