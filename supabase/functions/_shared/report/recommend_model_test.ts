import assert from "node:assert/strict";
import fc from "fast-check";
import { PRIORITIES, type Priority } from "../benchmark/configuration.ts";
import type { ModelScores } from "../statistics/model_scores.ts";
import { sampleSummary as model } from "../testing/report_samples.ts";
import type { ModelSummary } from "./model_summary.ts";
import {
  chooseModel,
  criteriaOf,
  findFrontier,
  listComparable,
  PRIORITY_WEIGHTS,
  rankModels,
  standingOf,
} from "./recommend_model.ts";

/** Returns scores with which every model has its accuracy on each of its images. */
function scoresOf(models: readonly ModelSummary[]): ModelScores[] {
  return models.map(({ modelId, accuracy, imagesCompleted }) => ({
    modelId,
    byImage: new Map(
      Array.from({ length: imagesCompleted }, (_, image) => [image, [accuracy ?? 0]]),
    ),
  }));
}

function choose(
  models: readonly ModelSummary[],
  priorities: readonly Priority[],
) {
  return chooseModel(models, scoresOf(models), criteriaOf({ priorities: [...priorities] }));
}

const recommend = (models: readonly ModelSummary[], priorities: readonly Priority[]) =>
  choose(models, priorities).goodEnough[0]?.model.modelId ?? null;

const free = model("local/free", { accuracy: 78, costPerRun: 0, medianLatency: 300 });
const cheap = model("cheap", { accuracy: 95, costPerRun: 0.0008, medianLatency: 2_500 });
const best = model("best", { accuracy: 99, costPerRun: 0.02, medianLatency: 6_000 });
const fast = model("fast", { accuracy: 93, costPerRun: 0.004, medianLatency: 600 });
const field = [best, fast, cheap, free];

const cases: [Priority[], string][] = [
  [["accuracy", "cost", "speed"], "best"],
  [["accuracy", "speed", "cost"], "best"],
  [["cost", "accuracy", "speed"], "cheap"],
  [["cost", "speed", "accuracy"], "cheap"],
  [["speed", "accuracy", "cost"], "fast"],
];
for (const [priorities, expected] of cases) {
  Deno.test(`of a mixed field, ${priorities.join(" over ")} recommends ${expected}`, () => {
    assert.equal(recommend(field, priorities), expected);
  });
}

const permutation = fc.shuffledSubarray([...PRIORITIES], { minLength: 3, maxLength: 3 });
const summary = fc.record({
  accuracy: fc.option(fc.integer({ min: 0, max: 10_000 }).map((hundredths) => hundredths / 100)),
  costPerRun: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
  medianLatency: fc.option(fc.double({ min: 1, max: 60_000, noNaN: true })),
  imagesCompleted: fc.integer({ min: 1, max: 10 }),
});
const models = fc.array(summary, { minLength: 1, maxLength: 12 }).map((summaries) =>
  summaries.map((values, index) => model(`m${index}`, values))
);

Deno.test("the priorities' weights fall and sum to one", () => {
  assert.ok(Math.abs(PRIORITY_WEIGHTS.reduce((sum, weight) => sum + weight) - 1) < 1e-12);
  assert.deepEqual(PRIORITY_WEIGHTS, PRIORITY_WEIGHTS.toSorted((one, other) => other - one));
});

Deno.test("the order in which models are listed makes no difference", () => {
  fc.assert(fc.property(models, permutation, (models, priorities) => {
    assert.equal(recommend(models.toReversed(), priorities), recommend(models, priorities));
  }));
});

Deno.test("scores lie between 0 and 1", () => {
  fc.assert(fc.property(models, permutation, (models, priorities) => {
    for (const { score, scores } of rankModels(choose(models, priorities).rated, priorities)) {
      for (const value of [score, ...Object.values(scores)]) {
        assert.ok(value >= 0 && value <= 1 + 1e-12);
      }
    }
  }));
});

Deno.test("something is recommended exactly if a model exceeds the minimum", () => {
  fc.assert(fc.property(models, permutation, (models, priorities) => {
    const mayBe = models.some(({ accuracy }) => (accuracy ?? 0) > 50);
    assert.equal(recommend(models, priorities) !== null, mayBe);
  }));
});

Deno.test("a model without a completed run is not recommended, nor is anything if there is no other", () => {
  const none = model("none", {
    accuracy: null,
    costPerRun: null,
    medianLatency: null,
    runsCompleted: 0,
    imagesCompleted: 0,
  });
  assert.equal(recommend([none], ["cost", "speed", "accuracy"]), null);
  assert.equal(recommend([], ["cost", "speed", "accuracy"]), null);
  assert.equal(recommend([none, best], ["cost", "speed", "accuracy"]), "best");
});

Deno.test("models with equal scores are ordered by cost, even below the floor of the score", () => {
  const one = model("a", { costPerRun: 0.00009 });
  const other = model("b", { costPerRun: 0.00001 });
  assert.equal(recommend([one, other], ["accuracy", "speed", "cost"]), "b");
  assert.equal(recommend([model("z"), model("y")], ["cost", "speed", "accuracy"]), "y");
});

Deno.test("failed calls take nothing from a model's accuracy", () => {
  const unlucky = model("unlucky", { accuracy: 100, runsCompleted: 10, runsAttempted: 20 });
  const steady = model("steady", { accuracy: 80 });
  assert.equal(recommend([unlucky, steady], ["accuracy", "cost", "speed"]), "unlucky");
});

Deno.test("a model measured on less than half as many images as others cannot be compared", () => {
  const lucky = model("lucky", { accuracy: 100, imagesCompleted: 4 });
  const full = model("full", { accuracy: 80 });
  const ids = (minimumAccuracy: number) =>
    listComparable([lucky, full], { minimumAccuracy }).map(({ modelId }) => modelId);
  assert.deepEqual(ids(50), ["full"]);
  // Else nothing could be recommended.
  assert.deepEqual(ids(90), ["lucky", "full"]);
});

Deno.test("a model that is within the margin by chance alone is not good enough", () => {
  const byImage = (scores: readonly number[]) =>
    new Map(scores.map((score, image) => [image, [score]]));
  const scores = (id: string, swing: number): ModelScores => ({
    modelId: id,
    byImage: byImage(Array.from({ length: 10 }, (_, image) => 89 + (image % 2 ? swing : -swing))),
  });
  const others = [model("erratic", { accuracy: 89 }), model("steady", { accuracy: 89 })];
  const choice = chooseModel(
    [model("best", { accuracy: 90 }), ...others],
    [
      { modelId: "best", byImage: byImage(new Array<number>(10).fill(90)) },
      scores("erratic", 9),
      scores("steady", 0),
    ],
    {
      priorities: ["accuracy", "cost", "speed"],
      minimumAccuracy: 50,
      accuracyMargin: 3,
      accuracyConfidence: 75,
    },
  );
  // It measured as high as one that is good enough.
  assert.deepEqual(others.map((one) => standingOf(one, choice)), ["good_enough", "good_enough"]);
  const alone = chooseModel(
    [model("best", { accuracy: 90 }), model("erratic", { accuracy: 89 })],
    [{ modelId: "best", byImage: byImage(new Array<number>(10).fill(90)) }, scores("erratic", 9)],
    {
      priorities: ["accuracy", "cost", "speed"],
      minimumAccuracy: 50,
      accuracyMargin: 3,
      accuracyConfidence: 75,
    },
  );
  assert.equal(alone.rated[1]?.standing, "within_margin_unproven");
  assert.equal(alone.goodEnough.length, 1);
});

Deno.test("a model of unknown cost is not taken for the cheapest", () => {
  const unknown = model("unknown", { costPerRun: null });
  const known = model("known", { medianLatency: 4_000 });
  assert.equal(recommend([unknown, known], ["cost", "accuracy", "speed"]), "known");
});

Deno.test("nothing is recommended that another beats in everything", () => {
  fc.assert(fc.property(models, permutation, (models, priorities) => {
    const { goodEnough, rated } = choose(models, priorities);
    const chosen = goodEnough[0]?.model;
    if (chosen === undefined) return;
    const better = rated.filter(({ model }) =>
      (model.accuracy ?? 0) > (chosen.accuracy ?? 0) &&
      (model.costPerRun ?? Infinity) < (chosen.costPerRun ?? Infinity) &&
      (model.medianLatency ?? Infinity) < (chosen.medianLatency ?? Infinity)
    );
    assert.deepEqual(better, []);
  }));
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
