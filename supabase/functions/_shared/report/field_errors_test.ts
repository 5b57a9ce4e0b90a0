import assert from "node:assert/strict";
import fc from "fast-check";
import { sampleRun } from "../testing/report_samples.ts";
import { aggregateErrorPatterns, getModelFieldErrors } from "./field_errors.ts";
import type { ReportRun } from "./report_run.ts";

const run = (values: Partial<ReportRun>) => sampleRun("a/mini", values);

Deno.test("mistakes are counted by field, expected and actual value, the most frequent first", () => {
  const wrong = { fieldPath: "total", expected: 1, actual: 2 };
  const runs = [
    run({ field_errors: [wrong, { fieldPath: "date", expected: "x" }] }),
    run({ field_errors: [{ ...wrong }] }),
    run({
      field_errors: [{ ...wrong, actual: 3 }, { fieldPath: "date", expected: "x", actual: null }],
    }),
    run({ field_errors: null }),
  ];
  assert.deepEqual(getModelFieldErrors(runs), [
    { ...wrong, occurrences: 2, percentage: 50 },
    { fieldPath: "date", expected: "x", occurrences: 1, percentage: 25 },
    { fieldPath: "date", expected: "x", actual: null, occurrences: 1, percentage: 25 },
    { ...wrong, actual: 3, occurrences: 1, percentage: 25 },
  ]);
  assert.deepEqual(getModelFieldErrors([]), []);
});

const models = [{ modelId: "a/mini", modelName: "Mini" }, {
  modelId: "b/large",
  modelName: "Large",
}];
const total = { fieldPath: "total", expected: 1, actual: 2 };

Deno.test("a pattern is a field that a model gets wrong in a tenth of its runs or more", () => {
  const runs = (wrong: number, count: number) =>
    Array.from(
      { length: count },
      (_, index) => run({ field_errors: index < wrong ? [total] : [] }),
    );
  const patterns = aggregateErrorPatterns(
    models,
    new Map([["a/mini", runs(2, 20)], ["b/large", runs(1, 11)]]),
  );
  assert.deepEqual(patterns, [{
    modelName: "Mini",
    modelId: "a/mini",
    fieldPath: "total",
    occurrences: 2,
    totalRuns: 20,
    percentage: 10,
    commonExpected: 1,
    commonActual: 2,
  }]);
});

Deno.test("a pattern shows the most frequent wrong value, and an absent one as absent", () => {
  const [pattern] = aggregateErrorPatterns(
    models,
    new Map([["a/mini", [
      run({ field_errors: [{ ...total, actual: 7 }] }),
      run({ field_errors: [{ fieldPath: "total", expected: 1 }] }),
      run({ field_errors: [{ fieldPath: "total", expected: 1 }] }),
    ]]]),
  );
  assert.equal(pattern?.occurrences, 3);
  assert.equal(pattern?.percentage, 100);
  assert.equal(pattern?.commonExpected, 1);
  assert.ok(pattern && !("commonActual" in pattern));
});

Deno.test("patterns are sorted by occurrences, then by percentage", () => {
  const wrong = (count: number, of: number) =>
    Array.from({ length: of }, (_, index) => run({ field_errors: index < count ? [total] : [] }));
  const order = (a: ReportRun[], b: ReportRun[]) =>
    aggregateErrorPatterns(models, new Map([["a/mini", a], ["b/large", b]]))
      .map(({ modelId }) => modelId);
  assert.deepEqual(order(wrong(2, 2), wrong(3, 30)), ["b/large", "a/mini"]);
  assert.deepEqual(order(wrong(2, 8), wrong(2, 4)), ["b/large", "a/mini"]);
});

Deno.test("mistakes and patterns do not depend on the order of the runs", () => {
  const error = fc.record({
    fieldPath: fc.constantFrom("a", "b"),
    expected: fc.constantFrom(1, "x", null),
    actual: fc.constantFrom(2, "y", null),
  });
  const lists = fc.array(fc.array(error, { maxLength: 2 }), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(lists, (all) => {
    const runs = all.map((field_errors) => run({ field_errors }));
    const reversed = runs.toReversed();
    assert.deepEqual(getModelFieldErrors(reversed), getModelFieldErrors(runs));
    const patterns = (runs: ReportRun[]) =>
      aggregateErrorPatterns(models, new Map([["a/mini", runs]]));
    assert.deepEqual(patterns(reversed), patterns(runs));
  }));
});

Deno.test("values in another format are separated from mistakes and come after them", () => {
  const format = { fieldPath: "total", expected: 1, actual: "1", formatOnly: true as const };
  const runs = [
    run({ field_errors: [format] }),
    run({ field_errors: [format] }),
    run({
      field_errors: [total],
    }),
  ];
  assert.deepEqual(
    getModelFieldErrors(runs).map(({ actual, formatOnly, occurrences }) => [
      actual,
      formatOnly,
      occurrences,
    ]),
    [[2, undefined, 1], ["1", true, 2]],
  );
  const patterns = aggregateErrorPatterns(models, new Map([["a/mini", runs]]));
  assert.deepEqual(
    patterns.map(({ fieldPath, formatOnly, occurrences, commonActual }) => [
      fieldPath,
      formatOnly,
      occurrences,
      commonActual,
    ]),
    [["total", undefined, 1, 2], ["total", true, 2, "1"]],
  );
});
