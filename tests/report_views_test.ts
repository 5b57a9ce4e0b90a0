import assert from "node:assert/strict";
import fc from "fast-check";
import {
  aggregateErrorPatterns,
  getModelFieldErrors,
} from "../supabase/functions/_shared/report/field_errors.ts";
import { groupBy } from "../supabase/functions/_shared/report/group_by.ts";
import type { ReportRun } from "../supabase/functions/_shared/report/report_types.ts";
import { summarizeRuns } from "../supabase/functions/_shared/report/summarize_runs.ts";
import { resampleImages } from "../supabase/functions/_shared/statistics/bootstrap.ts";
import { orderReport, startTestDatabase } from "./support/database.ts";

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
  response_time_ms: fc.integer({ min: 1, max: 5_000 }),
  actual_cost: fc.option(fc.integer({ min: 0, max: 1_000 }).map((micros) => micros / 1e6)),
});

function isClose(one: unknown, other: unknown): boolean {
  if (one === null || other === null) return one === other;
  return Math.abs(Number(one) - Number(other)) <= 1e-9 * Math.max(1, Math.abs(Number(one)));
}

Deno.test("the views and the functions make the same figures of any runs", async () => {
  await using database = await startTestDatabase();
  const { owner, report } = await orderReport(database, { models: MODELS });
  await fc.assert(
    fc.asyncProperty(fc.array(run, { maxLength: 60 }), async (drawn) => {
      await database.sql`delete from public.benchmark_runs`;
      for (const [index, row] of drawn.entries()) {
        await database.sql`insert into public.benchmark_runs ${
          database.sql({
            ...row,
            field_errors: database.sql.json(row.field_errors),
            skip_reason: row.status === "skipped" ? "soft_ceiling" : null,
            report_id: report,
            owner_id: owner,
            image_index: index,
            repeat_index: 0,
            estimated_cost: 0,
          })
        }`;
      }
      const runs: ReportRun[] = drawn.map((row, index) => ({
        ...row,
        image_index: index,
        error_message: null,
        error_kind: null,
        skip_reason: null,
        score: null,
      }));
      const attempted = runs.filter(({ status }) => status !== "skipped");
      const summaries = summarizeRuns([], attempted, resampleImages(runs.length, report));
      const views = await database.sql`
        select * from public.report_model_summaries where report_id = ${report}`;
      assert.equal(views.length, summaries.length);
      for (const summary of summaries) {
        const view = views.find(({ model_id }) => model_id === summary.modelId);
        const pairs = [
          [view?.accuracy, summary.accuracy],
          [view?.exact_match_rate, summary.exactMatchRate],
          [view?.cost_per_run, summary.costPerRun],
          [view?.median_latency, summary.medianLatency],
          [view?.p95_latency, summary.p95Latency],
          [view?.spread, summary.spread],
          [view?.runs_completed, summary.runsCompleted],
          [view?.runs_attempted, summary.runsAttempted],
        ];
        for (const [one, other] of pairs) assert.ok(isClose(one, other), JSON.stringify(pairs));
      }

      const byModel = groupBy(
        runs.filter(({ status }) => status === "complete"),
        ({ model_id }) => model_id,
      );
      const errors = await database.sql`
        select model_id, field_path, format_only, occurrences, percentage::float8 as percentage
        from public.report_field_errors where report_id = ${report}`;
      const counted = [...byModel].flatMap(([model, own]) =>
        getModelFieldErrors(own).map(({ fieldPath, formatOnly, occurrences, percentage }) =>
          [model, fieldPath, formatOnly === true, occurrences, percentage.toFixed(6)].join()
        )
      );
      assert.deepEqual(
        errors.map((row) =>
          [
            row.model_id,
            row.field_path,
            row.format_only,
            row.occurrences,
            row.percentage.toFixed(6),
          ]
            .join()
        ).toSorted(),
        counted.toSorted(),
      );
      const patterns = await database.sql`
        select model_id, field_path, format_only, occurrences from public.report_error_patterns
        where report_id = ${report}`;
      assert.deepEqual(
        patterns.map((row) =>
          [row.model_id, row.field_path, row.format_only, row.occurrences].join()
        ).toSorted(),
        aggregateErrorPatterns(summaries, byModel)
          .map(({ modelId, fieldPath, formatOnly, occurrences }) =>
            [modelId, fieldPath, formatOnly === true, occurrences].join()
          )
          .toSorted(),
      );
    }),
    { numRuns: 30 },
  );
});
