import assert from "node:assert/strict";
import type { FieldComparison, ModelComparison } from "../statistics/compare_models.ts";
import { describeHigherAccuracy, describeOutlook, explainChoice } from "./explain_choice.ts";
import { sampleSummary } from "./report_samples.ts";

const best = sampleSummary("best", { modelName: "Best", accuracy: 97, costPerRun: 0.05 });
const thrifty = sampleSummary("thrifty", { modelName: "Thrifty", accuracy: 96, costPerRun: 0 });
const quick = sampleSummary("quick", {
  modelName: "Quick",
  accuracy: 95,
  costPerRun: 0,
  medianLatency: 300,
});
const models = [best, thrifty, quick];

function beside(modelId: string, values: Partial<ModelComparison> = {}): ModelComparison {
  return {
    modelId,
    images: 12,
    difference: -1,
    interval: { low: -2.5, high: 0.5 },
    pValue: 0.21,
    adjustedPValue: 0.42,
    verdict: "indistinguishable",
    moreImages: 30,
    repeatShare: 0.1,
    ...values,
  };
}

const comparison: FieldComparison = {
  bestModelId: "best",
  enoughImages: true,
  imagesNeeded: 7,
  indistinguishable: ["best", "thrifty", "quick"],
  comparisons: [beside("thrifty"), beside("quick", { difference: -2, moreImages: 9 })],
};

Deno.test("the reason names the set, what decided in it, and what the choice may cost", () => {
  assert.equal(
    explainChoice(quick, models, ["accuracy", "cost", "speed"], comparison),
    "Of 3 models whose accuracy cannot be told apart on these images, Quick is the one of the " +
      "cheapest that suits the priorities best. It scored 2.0 points less than Best, the most accurate, which may be chance " +
      "(p = 0.42; 95 % interval: 2.5 less to 0.5 more).",
  );
  assert.match(
    explainChoice(quick, models, ["accuracy", "speed", "cost"], comparison),
    /, Quick is the fastest\. /,
  );
  assert.equal(
    explainChoice(best, [best, thrifty], ["accuracy", "speed", "cost"], {
      ...comparison,
      indistinguishable: ["best", "thrifty"],
    }),
    "Of 2 models whose accuracy cannot be told apart on these images, Best is the one of the fastest " +
      "that suits the priorities best. It is also the most accurate of them.",
  );
});

Deno.test("the reason says which models could not be compared, and when there was none", () => {
  const untested = beside("quick", { verdict: "too_few_images", adjustedPValue: null });
  assert.match(
    explainChoice(best, models, ["accuracy", "cost", "speed"], {
      ...comparison,
      indistinguishable: ["best"],
      comparisons: [beside("thrifty", { verdict: "worse", adjustedPValue: 0.0004 }), untested],
    }),
    /\(p < 0\.001\)\. 1 model ran on too few images to be compared\.$/,
  );
  const alone = { ...comparison, comparisons: [] };
  assert.equal(
    explainChoice(best, [best], ["cost", "accuracy", "speed"], alone),
    "No other model was measured.",
  );
});

Deno.test("the outlook is about the recommended model and the best, or the best and its closest rival", () => {
  assert.deepEqual(describeOutlook(quick, models, comparison), {
    modelId: "quick",
    rivalId: "best",
    moreImages: 9,
    text: "About 9 more images would tell Quick and Best apart, if they differ as measured.",
  });
  const lead = describeOutlook(best, models, comparison);
  assert.equal(lead?.rivalId, "thrifty");
  assert.equal(lead?.moreImages, 30);
});

Deno.test("the outlook says when images would not help, and when repeats would", () => {
  const outlook = (values: Partial<ModelComparison>) =>
    describeOutlook(thrifty, models, { ...comparison, comparisons: [beside("thrifty", values)] });
  assert.match(outlook({ moreImages: null })?.text ?? "", /so alike that a thousand images/);
  assert.match(outlook({ repeatShare: 0.6 })?.text ?? "", /more runs would help too\.$/);
  assert.equal(outlook({ verdict: "worse" }), null);
});

Deno.test("where another model measured more, that is said beside the recommendation, with what would settle it", () => {
  assert.deepEqual(describeHigherAccuracy(quick, models, comparison), {
    modelId: "best",
    points: 2,
    moreImages: 9,
    text: "Best measured the highest accuracy, 2.0 points above Quick; about 9 more images would " +
      "settle whether that is chance.",
  });
  assert.equal(describeHigherAccuracy(best, models, comparison), null);
  const beside = (values: Partial<ModelComparison>) =>
    describeHigherAccuracy(thrifty, models, {
      ...comparison,
      comparisons: comparison.comparisons.map((one) => ({ ...one, ...values })),
    });
  assert.equal(beside({ difference: 0 }), null);
  assert.match(beside({ moreImages: null })?.text ?? "", /; a thousand more images would hardly/);
  const failing = { ...quick, runsCompleted: 9 };
  assert.match(
    describeHigherAccuracy(failing, [best, thrifty, failing], comparison)?.text ?? "",
    /above Quick, failed calls counted as nothing read; about/,
  );
  const few = { ...comparison, enoughImages: false };
  assert.equal(describeHigherAccuracy(quick, models, few)?.points, 2);
});
