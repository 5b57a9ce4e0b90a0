import assert from "node:assert/strict";
import fc from "fast-check";
import { resampleImages } from "../statistics/bootstrap.ts";
import { sampleRun } from "../testing/report_samples.ts";
import { type ReportRun, reportRunSchema } from "./report_run.ts";
import { type NamedModel, summarizeRuns as summarize } from "./summarize_runs.ts";

const mini: NamedModel = { id: "a/mini", name: "Mini", provider: "a", tier: "budget" };
const large: NamedModel = { id: "b/large", name: "Large", provider: "b", tier: "premium" };

const run = (values: Partial<ReportRun>) => sampleRun(mini.id, { exact_match: false, ...values });

const IMAGES = 4;
const resamples = resampleImages(IMAGES, "a report");
const summarizeRuns = (models: readonly NamedModel[], runs: readonly ReportRun[]) =>
  summarize(models, runs, resamples);

const anyRun: fc.Arbitrary<ReportRun> = fc.record({
  model_id: fc.constantFrom(mini.id, large.id, "c/unlisted"),
  image_index: fc.nat(IMAGES - 1),
  status: fc.constantFrom("queued", "running", "complete", "failed", "skipped"),
  exact_match: fc.option(fc.boolean()),
  field_accuracy: fc.option(fc.double({ min: 0, max: 100, noNaN: true })),
  field_errors: fc.constant([]),
  response_time_ms: fc.option(fc.nat(60_000)),
  actual_cost: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  score: fc.constant(null),
  error_message: fc.constant(null),
  served_model: fc.constant("acme/new"),
  served_other: fc.boolean(),
  schema_regime: fc.constantFrom(null, "strict", "prompt"),
  error_kind: fc.constantFrom(null, "timeout", "outage", "rejected"),
  skip_reason: fc.constant(null),
});

Deno.test("a model's figures are those of its completed runs, calculated by hand", () => {
  const [summary] = summarizeRuns([mini], [
    run({ field_accuracy: 100, exact_match: true, response_time_ms: 100, actual_cost: 0.01 }),
    run({ field_accuracy: 50, response_time_ms: 400, actual_cost: 0.03 }),
    run({ field_accuracy: 60, response_time_ms: 200, actual_cost: null }),
    run({ status: "failed", field_accuracy: null, response_time_ms: 9_000, actual_cost: 5 }),
    run({ status: "skipped", field_accuracy: null, response_time_ms: null, actual_cost: null }),
  ]);
  assert.ok(summary);
  const { spread, exactMatchRate, accuracyInterval: _, exactMatchInterval: __, ...rest } = summary;
  assert.deepEqual(rest, {
    modelId: "a/mini",
    baseModelId: "a/mini",
    effort: null,
    modelName: "Mini",
    provider: "a",
    tier: "budget",
    accuracy: 70,
    costPerRun: 0.02,
    costInterval: null,
    medianLatency: 200,
    medianLatencyInterval: null,
    p95Latency: 400,
    p95LatencyInterval: null,
    p95FromFewCalls: true,
    runsCompleted: 3,
    runsAttempted: 4,
    leaves: null,
    runsUnanswered: 0,
    runsLostToOutages: 0,
    runsCutByLimit: 0,
    outputTokens: null,
    reasoningTokens: null,
    runsRejected: 0,
    outcomes: [{ kind: "fault", runs: 1, counts: false, text: "lost to a fault of ours" }],
    notMeasuredBecause: null,
    runsAnsweredByAnother: 0,
    isAnsweredByAnother: false,
    servedModels: [],
    schemaRegime: null,
    imagesCompleted: 1,
    stoppedAfterImages: null,
  });
  assert.ok(Math.abs((exactMatchRate ?? 0) - 100 / 3) < 1e-9);
  assert.ok(Math.abs((spread ?? 0) - Math.sqrt((30 ** 2 + 20 ** 2 + 10 ** 2) / 2)) < 1e-9);
});

Deno.test("the 95th percentile of n latencies is the element ceil(0.95 n) - 1", () => {
  const p95 = (count: number) =>
    summarizeRuns(
      [mini],
      Array.from({ length: count }, (_, index) => run({ response_time_ms: count - index })),
    )[0]?.p95Latency;
  assert.deepEqual([1, 2, 10, 19, 20, 21, 40, 60, 100, 500].map(p95), [
    1,
    2,
    10,
    19,
    19,
    20,
    38,
    57,
    95,
    475,
  ]);
});

Deno.test("the median of an even number of latencies is between the two in the middle", () => {
  const runs = [1, 2, 10, 50].map((response_time_ms) => run({ response_time_ms }));
  assert.equal(summarizeRuns([mini], runs)[0]?.medianLatency, 6);
});

Deno.test("a model that completed nothing has no numbers rather than zeros, and comes last", () => {
  const summaries = summarizeRuns([mini, large], [
    run({ model_id: mini.id, status: "failed" }),
    run({ model_id: large.id, field_accuracy: 0 }),
  ]);
  assert.deepEqual(summaries.map(({ modelId }) => modelId), [large.id, mini.id]);
  assert.deepEqual(summaries[1], {
    modelId: "a/mini",
    baseModelId: "a/mini",
    effort: null,
    modelName: "Mini",
    provider: "a",
    tier: "budget",
    accuracy: null,
    accuracyInterval: null,
    exactMatchRate: null,
    exactMatchInterval: null,
    costPerRun: null,
    costInterval: null,
    medianLatency: null,
    medianLatencyInterval: null,
    p95Latency: null,
    p95LatencyInterval: null,
    p95FromFewCalls: true,
    spread: null,
    runsCompleted: 0,
    runsAttempted: 1,
    leaves: null,
    runsUnanswered: 0,
    runsLostToOutages: 0,
    runsCutByLimit: 0,
    outputTokens: null,
    reasoningTokens: null,
    runsRejected: 0,
    outcomes: [{ kind: "fault", runs: 1, counts: false, text: "lost to a fault of ours" }],
    notMeasuredBecause: "the calls failed because of a fault of ours",
    runsAnsweredByAnother: 0,
    isAnsweredByAnother: false,
    servedModels: [],
    schemaRegime: null,
    imagesCompleted: 0,
    stoppedAfterImages: null,
  });
});

Deno.test("one run has no spread", () => {
  assert.equal(summarizeRuns([mini], [run({})])[0]?.spread, null);
  assert.equal(summarizeRuns([mini], [run({}), run({})])[0]?.spread, 0);
});

Deno.test("a model that the snapshot does not name goes by its id", () => {
  const [summary] = summarizeRuns([], [run({ model_id: "c/unlisted" })]);
  assert.equal(summary?.modelName, "c/unlisted");
  assert.equal(summary?.provider, "unknown");
  assert.equal(summary?.tier, "unknown");
});

Deno.test("every run is counted for one model or left out for a stated reason, whatever the order", () => {
  fc.assert(fc.property(fc.array(anyRun), (runs) => {
    const summaries = summarizeRuns([mini, large], runs);
    for (const summary of summaries) {
      const own = runs.filter(({ model_id }) => model_id === summary.modelId);
      const completed = own.filter(({ status }) => status === "complete").length;
      const failed = own.filter(({ status }) => status === "failed").length;
      const { runsCompleted, runsRejected, runsAnsweredByAnother, isAnsweredByAnother } = summary;
      const leftOut = isAnsweredByAnother
        ? completed - runsAnsweredByAnother
        : Math.max(runsRejected, runsAnsweredByAnother);
      assert.equal(runsCompleted, completed - leftOut);
      assert.equal(summary.runsAttempted, completed + failed);
    }
    const counted = new Set(summaries.map(({ modelId }) => modelId));
    assert.ok(runs.every(({ model_id }) => counted.has(model_id)));
    assert.deepEqual(
      summarizeRuns([mini, large], runs.toReversed()).map(({ p95Latency }) => p95Latency).sort(),
      summaries.map(({ p95Latency }) => p95Latency).sort(),
    );
  }));
});

Deno.test("summaries fall in accuracy, and every number lies within what it was taken from", () => {
  fc.assert(fc.property(fc.array(anyRun), (runs) => {
    const summaries = summarizeRuns([mini, large], runs);
    const places = summaries.map(({ accuracy, isAnsweredByAnother }) =>
      (accuracy ?? -1) - (isAnsweredByAnother ? 1_000 : 0)
    );
    assert.deepEqual(places, places.toSorted((one, other) => other - one));
    for (const summary of summaries) {
      const { accuracy, exactMatchRate, medianLatency, p95Latency } = summary;
      if (accuracy !== null) assert.ok(accuracy >= 0 && accuracy <= 100 + 1e-9);
      if (exactMatchRate !== null) assert.ok(exactMatchRate >= 0 && exactMatchRate <= 100);
      if (medianLatency !== null) assert.ok(p95Latency !== null && medianLatency <= p95Latency);
    }
  }));
});

Deno.test("a row is read as the database gives it, absent values of a field error kept absent", () => {
  const row = {
    ...run({ field_errors: [{ fieldPath: "a", expected: null }] }),
    id: "11111111-1111-1111-1111-111111111111",
  };
  const parsed = reportRunSchema.parse(JSON.parse(JSON.stringify(row)));
  assert.deepEqual(parsed.field_errors, [{ fieldPath: "a", expected: null }]);
});

Deno.test("every figure of a model that ran on two images or more has an interval that holds it", () => {
  fc.assert(
    fc.property(fc.array(anyRun, { maxLength: 40 }), (runs) => {
      for (const summary of summarizeRuns([mini, large], runs)) {
        const figures = [
          [summary.accuracy, summary.accuracyInterval, true],
          [summary.exactMatchRate, summary.exactMatchInterval, true],
          [summary.costPerRun, summary.costInterval, false],
          [summary.medianLatency, summary.medianLatencyInterval, false],
          [summary.p95Latency, summary.p95LatencyInterval, false],
        ] as const;
        for (const [value, interval, isPercentage] of figures) {
          if (value === null) assert.equal(interval, null);
          if (isPercentage && value !== null) assert.ok(interval);
          if (value === null || interval === null) continue;
          assert.ok(interval.low <= value + 1e-9 && value <= interval.high + 1e-9);
          if (isPercentage) assert.ok(interval.low >= 0 && interval.high <= 100);
        }
      }
    }),
    { numRuns: 40 },
  );
});

Deno.test("a model that was right on all twelve images is not thereby known to be always right", () => {
  const many = resampleImages(12, "a report");
  const runs = Array.from({ length: 24 }, (_, index) => run({ image_index: index % 12 }));
  const [summary] = summarize([mini], runs, many);
  assert.equal(summary?.accuracy, 100);
  // scipy 1.17: binomtest(12, 12).proportion_ci(method="wilson")
  assert.ok(Math.abs((summary?.accuracyInterval?.low ?? 0) - 75.75059933447592) < 1e-6);
  assert.equal(summary?.accuracyInterval?.high, 100);
});

Deno.test("repeats do not make an exact match rate more certain than its images do", () => {
  const resamples = resampleImages(12, "a report");
  const onTwelve = (repeats: number) =>
    summarize(
      [mini],
      Array.from({ length: 12 * repeats }, (_, index) =>
        run({ image_index: index % 12, exact_match: index % 12 < 9 })),
      resamples,
    )[0]?.exactMatchInterval;
  assert.deepEqual(onTwelve(10), onTwelve(1));
});

Deno.test("a 95th percentile of fewer than 20 calls says so", () => {
  const calls = (count: number) =>
    summarizeRuns(
      [mini],
      Array.from({ length: count }, (_, image) => run({ image_index: image % 4 })),
    )
      .at(0)?.p95FromFewCalls;
  assert.equal(calls(19), true);
  assert.equal(calls(20), false);
});

Deno.test("a run without an answer counts as nothing right, one lost to an outage not at all", () => {
  const [summary] = summarizeRuns([mini], [
    run({ field_accuracy: 90 }),
    run({ field_accuracy: 0, error_kind: "timeout" }),
    run({ field_accuracy: 0, error_kind: "refusal" }),
    run({ status: "failed", field_accuracy: null, error_kind: "outage" }),
    run({ status: "failed", field_accuracy: null, error_kind: "unavailable" }),
  ]);
  assert.ok(summary);
  assert.equal(summary.accuracy, 30);
  assert.deepEqual(
    [summary.runsUnanswered, summary.runsLostToOutages, summary.runsCompleted],
    [2, 1, 3],
  );
});

Deno.test("recall, precision and the other rates are means over the runs, calculated by hand", () => {
  const none = { correct: 0, wrong: 0, missing: 0, extra: 0 };
  const [summary] = summarizeRuns([mini], [
    run({
      score: {
        strict: { ...none, correct: 1, wrong: 2, extra: 1 },
        relaxed: { ...none, correct: 3, extra: 1 },
        formatOnly: 2,
        anls: 80,
      },
    }),
    run({
      score: {
        strict: { ...none, missing: 3 },
        relaxed: { ...none, missing: 3 },
        formatOnly: 0,
        anls: 0,
      },
    }),
    run({ score: null }),
  ]);
  assert.deepEqual(summary?.leaves, {
    recall: 50,
    precision: 37.5,
    f1: (100 * 6) / 7 / 2,
    strictAccuracy: 12.5,
    anls: 40,
    formatOnly: 1,
  });
});

const byAnother = { served_model: "acme/new", served_other: true };

Deno.test("answers of another model do not count for the model asked, while it gave more itself", () => {
  const [summary] = summarizeRuns([mini], [
    run({ ...byAnother, field_accuracy: 0, actual_cost: 9 }),
    run({ served_model: mini.id, field_accuracy: 100, image_index: 1 }),
    run({ field_accuracy: 80, image_index: 2 }),
  ]);
  assert.deepEqual(summary?.servedModels, ["acme/new"]);
  assert.deepEqual([summary?.modelName, summary?.accuracy, summary?.costPerRun], [
    "Mini",
    90,
    0.01,
  ]);
  assert.deepEqual(
    [summary?.runsCompleted, summary?.runsAttempted, summary?.runsAnsweredByAnother],
    [2, 3, 1],
  );
  assert.equal(summary?.isAnsweredByAnother, false);
});

Deno.test("a model answered for by another has that one's name and figures, and comes last", () => {
  const [first, second] = summarizeRuns([mini, large], [
    run({ ...byAnother, field_accuracy: 100 }),
    run({ ...byAnother, field_accuracy: 100, image_index: 1 }),
    run({ field_accuracy: 10, image_index: 2 }),
    run({ model_id: large.id, field_accuracy: 50 }),
  ]);
  assert.equal(first?.modelId, large.id);
  assert.equal(second?.modelName, "Mini (answered by acme/new)");
  assert.deepEqual([second?.accuracy, second?.isAnsweredByAnother], [100, true]);
  assert.deepEqual([second?.runsCompleted, second?.runsAttempted], [2, 3]);
});

Deno.test("a model whose every run was rejected has no accuracy, one with an answer keeps rejections as 0 %", () => {
  const rejected = (model_id: string, image_index: number) =>
    run({
      model_id,
      image_index,
      field_accuracy: 0,
      error_kind: "rejected",
      actual_cost: null,
      response_time_ms: null,
    });
  const [first, second] = summarizeRuns([mini, large], [
    rejected(mini.id, 0),
    rejected(mini.id, 1),
    run({ status: "failed", field_accuracy: null, error_kind: "outage" }),
    rejected(large.id, 0),
    run({ model_id: large.id, field_accuracy: 100, image_index: 1 }),
  ]);
  assert.deepEqual(
    [first?.modelId, first?.accuracy, first?.runsUnanswered, first?.runsRejected],
    [large.id, 50, 1, 0],
  );
  assert.deepEqual(
    [second?.accuracy, second?.runsCompleted, second?.runsUnanswered, second?.runsRejected],
    [null, 0, 0, 2],
  );
  assert.deepEqual([second?.imagesCompleted, second?.runsAttempted], [0, 3]);
});

Deno.test("a model's schema regime is the weakest of its runs", () => {
  const regimeOf = (...regimes: ReportRun["schema_regime"][]) =>
    summarizeRuns(
      [mini],
      regimes.map((schema_regime, image_index) =>
        sampleRun(mini.id, { schema_regime, image_index })
      ),
    )[0]?.schemaRegime;
  assert.equal(regimeOf("strict", "strict"), "strict");
  assert.equal(regimeOf("strict", "prompt", "reduced"), "prompt");
  assert.equal(regimeOf("reduced", null), "reduced");
  assert.equal(regimeOf(null), null);
});

Deno.test("a model at two efforts is two rows with their reasoning tokens, and runs cut by our limit are counted apart and not as 0 %", () => {
  const models = ["a/m#low", "a/m#high"].map((id) => ({
    id,
    name: id,
    provider: "p",
    tier: "mid" as const,
  }));
  const cut = { status: "failed", error_kind: "cut_by_limit", field_accuracy: null } as const;
  const runs = [
    sampleRun("a/m#low", { output_tokens: 700, reasoning_tokens: 600 }),
    sampleRun("a/m#low", { image_index: 1, output_tokens: 500, reasoning_tokens: 200 }),
    sampleRun("a/m#high", { output_tokens: 5_000, reasoning_tokens: 4_900 }),
    sampleRun("a/m#high", { image_index: 1, ...cut }),
  ];
  const rows = summarizeRuns(models, runs)
    .toSorted((one, other) => (one.outputTokens ?? 0) - (other.outputTokens ?? 0))
    .map((row) => [
      row.baseModelId,
      row.effort,
      row.outputTokens,
      row.reasoningTokens,
      row.accuracy,
      row.runsCutByLimit,
      row.runsLostToOutages,
    ]);
  assert.deepEqual(rows, [
    ["a/m", "low", 600, 400, 100, 0, 0],
    ["a/m", "high", 5_000, 4_900, 100, 1, 0],
  ]);
});
