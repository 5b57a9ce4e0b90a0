import assert from "node:assert/strict";
import fc from "fast-check";
import { PRIORITIES, type Priority } from "../benchmark/config.ts";
import { findFrontier, PRIORITY_WEIGHTS, rankModels, recommendModel } from "./recommend_model.ts";
import { sampleSummary as model } from "./report_samples.ts";
import type { ModelSummary } from "./report_types.ts";

/** As with too few images: the measured figures alone decide. */
function recommend(models: readonly ModelSummary[], priorities: readonly Priority[]) {
  return recommendModel(models, priorities, { enoughImages: false, indistinguishable: [] });
}

const free = model("local/free", { accuracy: 78, costPerRun: 0, medianLatency: 300 });
const cheap = model("cheap", { accuracy: 95, costPerRun: 0.0008, medianLatency: 2_500 });
const best = model("best", { accuracy: 99, costPerRun: 0.02, medianLatency: 6_000 });
const fast = model("fast", { accuracy: 93, costPerRun: 0.004, medianLatency: 600 });
const field = [best, fast, cheap, free];

const cases: [Priority[], string][] = [
  [["accuracy", "cost", "speed"], "cheap"],
  [["accuracy", "speed", "cost"], "fast"],
  [["cost", "accuracy", "speed"], "local/free"],
  [["cost", "speed", "accuracy"], "local/free"],
  [["speed", "accuracy", "cost"], "fast"],
];
for (const [priorities, expected] of cases) {
  Deno.test(`of a mixed field, ${priorities.join(" over ")} recommends ${expected}`, () => {
    assert.equal(recommend(field, priorities)?.modelId, expected);
  });
}

const permutation = fc.shuffledSubarray([...PRIORITIES], { minLength: 3, maxLength: 3 });
const summary = fc.record({
  // No denormals: a share of the smallest number above zero is zero.
  accuracy: fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100),
  costPerRun: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  medianLatency: fc.option(fc.double({ min: 1, max: 60_000, noNaN: true })),
  runsCompleted: fc.integer({ min: 0, max: 10 }),
  runsFailed: fc.integer({ min: 0, max: 10 }),
});
const models = fc.array(summary, { minLength: 1, maxLength: 12 }).map((summaries) =>
  summaries.map(({ runsFailed, ...values }, index) =>
    model(`m${index}`, {
      ...values,
      accuracy: values.runsCompleted === 0 ? null : values.accuracy,
      runsAttempted: values.runsCompleted + runsFailed,
    })
  )
);

Deno.test("the priorities' weights fall and sum to one", () => {
  assert.ok(Math.abs(PRIORITY_WEIGHTS.reduce((sum, weight) => sum + weight) - 1) < 1e-12);
  assert.deepEqual(PRIORITY_WEIGHTS, PRIORITY_WEIGHTS.toSorted((one, other) => other - one));
});

Deno.test("the order in which models are listed makes no difference", () => {
  fc.assert(fc.property(models, permutation, (models, priorities) => {
    assert.equal(
      recommend(models.toReversed(), priorities)?.modelId,
      recommend(models, priorities)?.modelId,
    );
  }));
});

Deno.test("a model is never recommended over one that is better or equal in everything", () => {
  fc.assert(fc.property(models, permutation, (models, priorities) => {
    const recommended = recommend(models, priorities);
    if (recommended === null) return;
    const values = (model: ModelSummary) => [
      (model.accuracy ?? 0) * model.runsCompleted / Math.max(1, model.runsAttempted),
      -(model.costPerRun ?? Infinity),
      -(model.medianLatency ?? Infinity),
    ];
    const own = values(recommended);
    const dominating = models.filter((model) =>
      values(model).every((value, index) => value > (own[index] ?? 0))
    );
    assert.deepEqual(dominating, []);
  }));
});

Deno.test("scores lie between 0 and 1, and something is recommended whenever something may be", () => {
  fc.assert(fc.property(models, permutation, (models, priorities) => {
    const ranked = rankModels(models, priorities);
    for (const { score, scores } of ranked) {
      for (const value of [score, ...Object.values(scores)]) {
        assert.ok(value >= 0 && value <= 1 + 1e-12);
      }
    }
    const mayBe = models.some(({ accuracy }) => (accuracy ?? 0) > 0);
    assert.equal(recommend(models, priorities) !== null, mayBe);
  }));
});

Deno.test("a model without a completed run is not recommended, nor is anything if there is no other", () => {
  const none = model("none", {
    accuracy: null,
    costPerRun: null,
    medianLatency: null,
    runsCompleted: 0,
  });
  assert.equal(recommend([none], ["cost", "speed", "accuracy"]), null);
  assert.equal(recommend([], ["cost", "speed", "accuracy"]), null);
  assert.equal(recommend([none, best], ["cost", "speed", "accuracy"])?.modelId, "best");
});

Deno.test("a free and instant model that reads nothing right is not recommended", () => {
  const useless = model("useless", { accuracy: 0, costPerRun: 0, medianLatency: 1 });
  assert.equal(recommend([useless, best], ["cost", "speed", "accuracy"])?.modelId, "best");
});

Deno.test("models that score alike are told apart by cost, down to what the score overlooks", () => {
  const one = model("a", { costPerRun: 0.00009 });
  const other = model("b", { costPerRun: 0.00001 });
  assert.equal(recommend([one, other], ["accuracy", "speed", "cost"])?.modelId, "b");
  assert.equal(
    recommend([model("z", {}), model("y", {})], ["cost", "speed", "accuracy"])
      ?.modelId,
    "y",
  );
});

Deno.test("accuracy counts only as far as runs were completed", () => {
  const flaky = model("flaky", { accuracy: 100, runsCompleted: 1, runsAttempted: 10 });
  const steady = model("steady", { accuracy: 80 });
  assert.equal(recommend([flaky, steady], ["accuracy", "cost", "speed"])?.modelId, "steady");
});

Deno.test("a hairbreadth in accuracy does not outweigh a tenfold cost", () => {
  const dear = model("dear", { accuracy: 98.1, costPerRun: 0.05 });
  const cheap = model("cheap", { accuracy: 98, costPerRun: 0.005 });
  assert.equal(recommend([dear, cheap], ["accuracy", "speed", "cost"])?.modelId, "cheap");
});

const told = (...indistinguishable: string[]) => ({ enoughImages: true, indistinguishable });

Deno.test("of models as accurate as the best, the cheapest or the fastest is recommended", () => {
  const choose = (priorities: Priority[], ...ids: string[]) =>
    recommendModel(field, priorities, told(...ids))?.modelId;
  const alike = ["best", "fast", "cheap"];
  assert.equal(choose(["accuracy", "cost", "speed"], ...alike), "cheap");
  assert.equal(choose(["accuracy", "speed", "cost"], ...alike), "fast");
  assert.equal(choose(["cost", "speed", "accuracy"], ...alike), "cheap");
  assert.equal(choose(["speed", "accuracy", "cost"], ...alike), "fast");
  assert.equal(choose(["cost", "speed", "accuracy"], "best"), "best");
});

Deno.test("equally cheap, or equally fast, models are told apart by their weighted score", () => {
  const slow = model("slow", { costPerRun: 0, medianLatency: 9_000, accuracy: 91 });
  const quick = model("quick", { costPerRun: 0, medianLatency: 900 });
  const dear = model("dear", { costPerRun: 1, medianLatency: 900, accuracy: 92 });
  const poor = model("poor", { costPerRun: 0, medianLatency: 300, accuracy: 70 });
  const choose = (models: readonly ModelSummary[], priorities: Priority[]) =>
    recommendModel(models, priorities, told(...models.map(({ modelId }) => modelId)))?.modelId;
  assert.equal(choose([slow, quick, dear], ["accuracy", "cost", "speed"]), "quick");
  assert.equal(choose([slow, quick, dear], ["accuracy", "speed", "cost"]), "quick");
  // A few images cannot tell these two apart, but what they did tell still counts.
  assert.equal(choose([slow, poor], ["accuracy", "cost", "speed"]), "slow");
  assert.equal(choose([slow, poor], ["cost", "speed", "accuracy"]), "poor");
});

Deno.test("a model of unknown cost is not taken for the cheapest", () => {
  const unknown = model("unknown", { costPerRun: null });
  const known = model("known", { medianLatency: 4_000 });
  const chosen = recommendModel([unknown, known], ["cost", "accuracy", "speed"], {
    ...told("known", "unknown"),
  });
  assert.equal(chosen?.modelId, "known");
});

Deno.test("whatever cannot be told apart, nothing is recommended that another beats in everything", () => {
  fc.assert(fc.property(
    models,
    permutation,
    fc.array(fc.nat(11), { minLength: 1 }),
    (models, priorities, alike) => {
      const chosen = recommendModel(models, priorities, told(...alike.map((id) => `m${id}`)));
      if (chosen === null) return;
      const better = models.filter((other) =>
        (other.accuracy ?? 0) * other.runsCompleted / Math.max(1, other.runsAttempted) >
          (chosen.accuracy ?? 0) * chosen.runsCompleted / chosen.runsAttempted &&
        (other.costPerRun ?? Infinity) < (chosen.costPerRun ?? Infinity) &&
        (other.medianLatency ?? Infinity) < (chosen.medianLatency ?? Infinity)
      );
      assert.deepEqual(better, []);
    },
  ));
});

Deno.test("the frontier holds the best in each respect and nothing that another beats", () => {
  const beaten = model("beaten", { accuracy: 92, costPerRun: 0.02, medianLatency: 7_000 });
  assert.deepEqual(findFrontier([...field, beaten]).map(({ modelId }) => modelId), [
    "best",
    "fast",
    "cheap",
    "local/free",
  ]);
});
