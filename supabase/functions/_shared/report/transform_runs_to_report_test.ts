import assert from "node:assert/strict";
import fc from "fast-check";
import { sampleModel as model, sampleRun } from "../testing/report_samples.ts";
import type { ReportRun } from "./report_run.ts";
import type { ReportRow } from "./transform_runs_to_report.ts";
import { transformRunsToReport } from "./transform_runs_to_report.ts";

function report(ids: string[], imageCount: number): ReportRow {
  return {
    id: "11111111-1111-4111-8111-111111111111",
    config_snapshot: {
      models: ids.map((id) => model(id)),
      images: Array.from({ length: imageCount }, (_, image) => ({
        path: `o/${image}.png`,
        expected: {},
      })),
      priorities: ["accuracy", "cost", "speed"],
    },
  };
}

/** Returns two runs on each image, with the accuracy `scores[image]`. */
function runsOf(
  id: string,
  scores: readonly number[],
  values: Partial<ReportRun> = {},
): ReportRun[] {
  return scores.flatMap((field_accuracy, image_index) =>
    [0, 1].map(() => sampleRun(id, { field_accuracy, image_index, ...values }))
  );
}

const hard = [99, 98, 97, 100, 95, 96, 99, 98, 97, 100];
const nearly = hard.map((score, image) => score + (image % 2 === 0 ? 1 : -2));
const bad = hard.map((score) => score - 40);

Deno.test("the cheapest of the models that are as good as the best is recommended with its reason", () => {
  const row = report(["best", "thrifty", "bad"], 10);
  const data = transformRunsToReport({
    ...row,
    config_snapshot: { ...row.config_snapshot, priorities: ["cost", "accuracy", "speed"] },
  }, [
    ...runsOf("best", hard, { actual_cost: 0.05 }),
    ...runsOf("thrifty", hard.map((score, image) => score - (image % 2)), { actual_cost: 0.001 }),
    ...runsOf("bad", bad, { actual_cost: 0.0001 }),
  ]);
  assert.deepEqual(
    data.models.map(({ modelId, standing }) => [modelId, standing]),
    [["best", "best"], ["thrifty", "good_enough"], ["bad", "worse"]],
  );
  assert.equal(data.comparison.bestModelId, "best");
  assert.deepEqual(data.comparison.indistinguishable, ["best", "thrifty"]);
  assert.equal(data.recommendedModelId, "thrifty");
  assert.match(
    data.reason ?? "",
    /^Of the 2 models within 11 points of the most accurate .*, THRIFTY is the cheapest/,
  );
  assert.match(data.reason ?? "", /It scored 0\.5 points less than BEST, .*\(p = 0\.\d+; 95 %/);
  assert.equal(data.outlook?.rivalId, "best");
  assert.match(
    data.outlook?.text ?? "",
    /^About \d+ more images would tell THRIFTY and BEST apart/,
  );
  assert.deepEqual(data.paretoModelIds, ["best", "thrifty", "bad"]);
  assert.match(
    data.rationale ?? "",
    /^THRIFTY costs \$0\.001 a call and achieved 97\.4% field accuracy, costing 98% less than BEST/,
  );
});

Deno.test("a best model that stands alone is recommended whatever it costs, and all is settled", () => {
  const data = transformRunsToReport(report(["best", "bad"], 10), [
    ...runsOf("best", hard, { actual_cost: 1 }),
    ...runsOf("bad", bad, { actual_cost: 0.001 }),
  ]);
  assert.equal(data.recommendedModelId, "best");
  assert.match(
    data.reason ?? "",
    /^Only BEST is good enough: .* BEST is more accurate than every other model compared, by more than chance explains \(p = 0\.002\)\.$/,
  );
  assert.deepEqual([data.outlook, data.caution, data.doubt], [null, null, null]);
});

Deno.test("a report of five images says that they are too few, and how many are needed", () => {
  const data = transformRunsToReport(report(["best", "bad"], 5), [
    ...runsOf("best", hard.slice(0, 5)),
    ...runsOf("bad", bad.slice(0, 5)),
  ]);
  assert.equal(data.recommendedModelId, "best");
  assert.deepEqual([data.caution?.images, data.caution?.imagesNeeded], [5, 6]);
  assert.match(data.doubt ?? "", /^5 images are too few /);
  assert.equal(data.outlook?.moreImages, 1);
});

Deno.test("a model that completed one image of ten is not taken for one that read all", () => {
  const data = transformRunsToReport(report(["flaky", "steady"], 10), [
    ...runsOf("flaky", hard.slice(0, 1), { actual_cost: 0 }),
    ...runsOf("flaky", hard, { status: "failed", field_accuracy: null, actual_cost: 0 }).slice(2),
    ...runsOf("steady", hard.map((score) => score - 10)),
  ]);
  assert.equal(data.models[0]?.modelId, "flaky");
  assert.equal(data.models[0]?.standing, "not_comparable");
  assert.equal(data.recommendedModelId, "steady");
});

Deno.test("the criteria are those frozen in the snapshot", () => {
  const row = report(["best", "bad"], 10);
  const runs = [
    ...runsOf("best", hard, { actual_cost: 1 }),
    ...runsOf("bad", bad, { actual_cost: 0.001 }),
  ];
  const frozen = (minimum_accuracy: number, accuracy_margin: number) =>
    transformRunsToReport({
      ...row,
      config_snapshot: { ...row.config_snapshot, minimum_accuracy, accuracy_margin },
    }, runs);
  assert.deepEqual(frozen(50, 45).models.map(({ standing }) => standing), ["best", "good_enough"]);
  assert.equal(frozen(99, 2).recommendedModelId, null);
  assert.equal(frozen(99, 2).noRecommendation?.code, "below_minimum");
  const silent = transformRunsToReport(row, runs);
  assert.deepEqual([silent.minimumAccuracy, silent.accuracyMargin], [50, 2]);
});

Deno.test("the same runs in any order make the same report", () => {
  const run = fc.record({
    model_id: fc.constantFrom("a", "b", "c/unlisted"),
    image_index: fc.nat(7),
    field_accuracy: fc.nat(100),
    response_time_ms: fc.nat(5_000),
    actual_cost: fc.nat(100),
    status: fc.constantFrom("complete" as const, "failed" as const, "skipped" as const),
  });
  fc.assert(
    fc.property(fc.array(run, { maxLength: 60 }), (values) => {
      const runs = values.map(({ model_id, ...rest }) => sampleRun(model_id, rest));
      const row = report(["a", "b"], 8);
      const round = (value: unknown) =>
        JSON.parse(
          JSON.stringify(
            value,
            (_, part) => typeof part === "number" ? Number(part.toPrecision(9)) : part,
          ),
        );
      assert.deepEqual(
        round(transformRunsToReport(row, runs.toReversed())),
        round(transformRunsToReport(row, runs)),
      );
    }),
    { numRuns: 40 },
  );
});

Deno.test("a report can be stored as JSON and read again unchanged", () => {
  const data = transformRunsToReport(report(["a", "b", "c"], 10), [
    ...runsOf("a", hard),
    ...runsOf("b", nearly),
  ]);
  assert.deepEqual(JSON.parse(JSON.stringify(data)), data);
});

Deno.test("a report without runs has no recommendation", () => {
  const data = transformRunsToReport(report(["a"], 3), []);
  assert.equal(data.recommendedModelId, null);
  assert.equal(data.rationale, null);
  assert.equal(data.reason, null);
  assert.equal(data.outlook, null);
  assert.deepEqual(data.comparison.indistinguishable, []);
  assert.equal(data.imageCount, 3);
});

/** Returns the runs that a race did not make. */
function spared(
  id: string,
  images: readonly number[],
  skip_reason: "race" | "race_won",
): ReportRun[] {
  return images.map((image_index) =>
    sampleRun(id, {
      image_index,
      status: "skipped",
      skip_reason,
      exact_match: null,
      field_accuracy: null,
      response_time_ms: null,
      actual_cost: null,
    })
  );
}

Deno.test("a model that a race stopped is labelled, and neither ranked, compared nor recommended", () => {
  const images = Array.from({ length: 4 }, (_, index) => 6 + index);
  const { models, comparison, paretoModelIds, recommendedModelId, reason, race } =
    transformRunsToReport(report(["stopped", "best", "thrifty"], 10), [
      // On the first images it did better than the others on all of theirs, and cheaper.
      ...runsOf("stopped", hard.slice(0, 6).map(() => 100), { actual_cost: 0.0005 }),
      ...spared("stopped", images, "race"),
      ...runsOf("best", hard, { actual_cost: 0.05 }),
      ...runsOf("thrifty", nearly, { actual_cost: 0.01 }),
    ]);
  assert.deepEqual(
    models.map(({ modelId, stoppedAfterImages }) => [modelId, stoppedAfterImages]),
    [["best", null], ["thrifty", null], ["stopped", 6]],
  );
  assert.deepEqual(comparison.indistinguishable, ["best", "thrifty"]);
  assert.deepEqual(comparison.comparisons.map(({ modelId }) => modelId), ["thrifty"]);
  assert.ok(!paretoModelIds.includes("stopped"));
  assert.equal(recommendedModelId, "best");
  assert.match(
    reason ?? "",
    / STOPPED was stopped early by the race, as it was unlikely to catch up\.$/,
  );
  assert.deepEqual(race, { savedCalls: 4, allCalls: 56, savedUsd: 4 * 0.0005 });
});

Deno.test("the last model in a race has won it, is ranked and recommended", () => {
  const { models, recommendedModelId, reason, race } = transformRunsToReport(
    report(["stopped", "winner"], 10),
    [
      ...runsOf("stopped", bad.slice(0, 8)),
      ...spared("stopped", [8, 9], "race"),
      ...runsOf("winner", hard.slice(0, 8)),
      ...spared("winner", [8, 9], "race_won"),
    ],
  );
  assert.deepEqual(
    models.map(({ modelId, stoppedAfterImages }) => [modelId, stoppedAfterImages]),
    [["winner", null], ["stopped", 8]],
  );
  assert.equal(recommendedModelId, "winner");
  assert.equal(
    reason,
    "STOPPED was stopped early by the race, as it was unlikely to catch up; no other model is left.",
  );
  assert.equal(race?.savedCalls, 4);
});

Deno.test("a run that a ceiling skipped is no saving", () => {
  const { race } = transformRunsToReport(report(["a"], 2), [
    ...runsOf("a", [90]),
    sampleRun("a", { image_index: 1, status: "skipped", skip_reason: "soft_ceiling" }),
  ]);
  assert.equal(race, null);
});
