import assert from "node:assert/strict";
import type { FieldComparison, ModelComparison } from "../statistics/field_comparison.ts";
import { sampleSummary } from "../testing/report_samples.ts";
import { type Claim, claimReasons } from "./choice_claims.ts";
import {
  describeHigherAccuracy,
  describeOutlook,
  explainAbsence,
  explainCaution,
  explainChoice,
  namesOf,
} from "./explain_choice.ts";
import type { ModelSummary } from "./model_summary.ts";
import type { Choice, RatedModel } from "./recommend_model.ts";

const best = sampleSummary("best", { modelName: "Best", accuracy: 97, costPerRun: 0.05 });
const thrifty = sampleSummary("thrifty", { modelName: "Thrifty", accuracy: 96, costPerRun: 0 });
const quick = sampleSummary("quick", {
  modelName: "Quick",
  accuracy: 95,
  costPerRun: 0,
  medianLatency: 300,
});

function rate(model: ModelSummary, values: Partial<RatedModel> = {}): RatedModel {
  const difference = (model.accuracy ?? 0) - 97;
  return {
    model,
    standing: model === best ? "best" : "good_enough",
    difference,
    isPaired: true,
    lowerBound: difference - 0.5,
    ...values,
  };
}

const rated = [rate(best), rate(thrifty), rate(quick)];

/** Returns a choice that recommends the first model of `goodEnough`. */
function choiceOf(goodEnough: readonly RatedModel[], values: Partial<Choice> = {}): Choice {
  return {
    criteria: {
      priorities: ["cost", "speed", "accuracy"],
      minimumAccuracy: 50,
      accuracyMargin: 20,
      accuracyConfidence: 75,
    },
    best,
    isBestOfAll: true,
    rated,
    goodEnough,
    ...values,
  };
}
const choseQuick = choiceOf([rate(quick), rate(thrifty), rate(best)]);
const choseBest = choiceOf([rate(best)]);

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
const models = [best, thrifty, quick];

const explain = (choice: Choice, compared = comparison, images = 10) =>
  explainChoice(claimReasons(choice, models, compared, images), choice, namesOf(models));

Deno.test("the reason names the good enough models, the respects in which the choice leads, and its price in accuracy", () => {
  assert.equal(
    explain(choseQuick),
    "Of the 3 models within 20 points of the most accurate (shown with 75 % confidence), Quick is the " +
      "fastest, and suits the order of priorities best (cost, speed, accuracy). It scored 2.0 points " +
      "less than Best, the most accurate model, on the 12 images that both read; chance may explain " +
      "that (p = 0.42; 95 % interval: 2.5 less to 0.5 more).",
  );
});

Deno.test("a difference that is only measured is not called shown", () => {
  const unbounded = [quick, best].map((model) => rate(model, { lowerBound: null }));
  assert.match(explain(choiceOf(unbounded)), /^Of the 2 models that measured within 20 points of/);
  const single = choiceOf([rate(best)], { rated: unbounded.toReversed() });
  assert.match(explain(single), / no other model measured within 20 points of it\./);
});

Deno.test("a model that measured higher without being comparable takes the superlative from the best", () => {
  const choice = choiceOf(choseQuick.goodEnough, { isBestOfAll: false });
  assert.match(explain(choice), /within 20 points of the most accurate compared/);
  assert.match(
    describeHigherAccuracy(choice, comparison)?.text ?? "",
    /^Best measured the highest accuracy of the models compared, 2\.0 points above Quick/,
  );
});

Deno.test("a lead is called more than chance only if it is significant against every model", () => {
  const worse = { verdict: "worse" as const, adjustedPValue: 0.0004 };
  const all = comparison.comparisons.map((one) => ({ ...one, ...worse }));
  assert.match(
    explain(choseBest, { ...comparison, comparisons: all }),
    /Best is more accurate than every other model compared, .* \(p < 0\.001\)\.$/,
  );
  const one = [beside("thrifty", worse), beside("quick")];
  assert.doesNotMatch(explain(choseBest, { ...comparison, comparisons: one }), /every other/);
});

Deno.test("each thing that limits a comparison is a sentence of its own", () => {
  const sentence = (claim: Claim) => explainChoice([claim], choseBest, namesOf(models));
  const modelIds = ["thrifty", "quick"];
  assert.deepEqual([
    sentence({ kind: "unproven", modelIds, saving: { modelId: "quick", percent: 99.99 } }),
    sentence({ kind: "stopped", modelIds: ["quick"], areAllOthers: false }),
    sentence({ kind: "too_few_images", modelIds }),
    sentence({ kind: "left_out", modelId: "quick", images: 5, ofImages: 20, accuracy: 98 }),
    sentence({
      kind: "partly_measured",
      modelId: "best",
      images: 20,
      ofImages: 20,
      callsAttempted: 40,
      callsLost: 1,
      callsCutByLimit: 3,
      callsAnsweredByAnother: 4,
      callsFailedOtherwise: 2,
    }),
    sentence({ kind: "answered_by_another", modelIds: ["quick"] }),
    sentence({ kind: "not_measured", modelIds, because: "the calls were rejected" }),
  ], [
    "Thrifty and Quick measured less than 20 points behind Best, but the images do not show that they " +
    "truly are. Quick costs 99 % less.",
    "Quick was stopped early by the race, as it was unlikely to catch up.",
    "Thrifty and Quick read too few images to be compared.",
    "Quick reached 98.0 % on 5 of 20 images, too few to compare it.",
    "Best was measured on all 20 images: of its 40 calls, 4 were answered by another model, 1 was " +
    "lost to outages, 3 were cut off by our token limit and 2 failed through no fault of the model, and are not counted.",
    "Quick is not ranked: another model answered.",
    "Thrifty and Quick are not ranked: the calls were rejected.",
  ]);
});

Deno.test("the outlook is about the recommended model and the best, or the best and its closest rival", () => {
  assert.deepEqual(describeOutlook(choseQuick, comparison), {
    modelId: "quick",
    rivalId: "best",
    moreImages: 9,
    text: "About 9 more images would tell Quick and Best apart, if they differ as measured.",
  });
  const lead = describeOutlook(choseBest, comparison);
  assert.equal(lead?.rivalId, "thrifty");
  assert.equal(lead?.moreImages, 30);
});

Deno.test("the outlook says when images would not help, and when repeats would", () => {
  const outlook = (values: Partial<ModelComparison>) =>
    describeOutlook(choiceOf([rate(thrifty)]), {
      ...comparison,
      comparisons: [beside("thrifty", values)],
    });
  const close = { low: -1.2, high: 0.4 };
  assert.match(
    outlook({ moreImages: null, interval: close })?.text ?? "",
    /so alike that a thousand images/,
  );
  // An interval this wide does not call anything alike.
  const wide = { low: -46.9, high: 44.4 };
  assert.equal(
    outlook({ moreImages: null, interval: wide })?.text,
    "It would take more than a thousand images to tell Thrifty and Best apart, if they differ as " +
      "little as measured; they may differ by up to 46.9 points.",
  );
  assert.match(
    outlook({ moreImages: null, repeatShare: null, difference: 0 })?.text ?? "",
    /^Thrifty and Best scored the same on each of the 12 images, /,
  );
  assert.match(
    outlook({ moreImages: null, interval: null, images: 1 })?.text ?? "",
    /^One image cannot show/,
  );
  assert.match(outlook({ repeatShare: 0.6 })?.text ?? "", /more runs would help too\.$/);
  assert.equal(outlook({ verdict: "worse" }), null);
});

Deno.test("a model that measured higher is named beside the recommendation, with what would settle it", () => {
  assert.deepEqual(describeHigherAccuracy(choseQuick, comparison), {
    modelId: "best",
    points: 2,
    moreImages: 9,
    text: "Best measured the highest accuracy, 2.0 points above Quick; about 9 more images would " +
      "settle whether that is chance.",
  });
  assert.equal(describeHigherAccuracy(choseBest, comparison), null);
  const told = (values: Partial<ModelComparison>) =>
    describeHigherAccuracy(choseQuick, { ...comparison, comparisons: [beside("quick", values)] })
      ?.text ?? "";
  assert.match(
    told({ moreImages: null }),
    /; more than a thousand images would be needed to settle/,
  );
  assert.match(
    told({ verdict: "worse", adjustedPValue: 0.01, moreImages: null }),
    /; chance hardly explains that \(p = 0\.01\)\.$/,
  );
  assert.match(
    told({ images: 1, moreImages: null }),
    /; too few images to tell that from chance\.$/,
  );
});

Deno.test("too few images are warned of only if there are models to compare", () => {
  const few = { ...comparison, enoughImages: false };
  const seven = explainCaution(choiceOf([], { rated: rated.map(on(6)) }), few);
  assert.equal(
    seven?.text,
    "6 images are too few to tell differences in accuracy from chance: it takes 7.",
  );
  const one = explainCaution(choiceOf([], { rated: rated.map(on(1)) }), few);
  assert.equal(
    one?.text,
    "1 image is too few to tell differences in accuracy from chance: it takes 7. " +
      "The figures are compared as measured.",
  );
  assert.equal(explainCaution(choseBest, comparison), null);
  assert.equal(explainCaution(choiceOf([], { rated: [rate(best)] }), few), null);
});

function on(imagesCompleted: number) {
  return (one: RatedModel): RatedModel => ({ ...one, model: { ...one.model, imagesCompleted } });
}

Deno.test("the absence of a recommendation has a reason, and its presence has none", () => {
  assert.equal(explainAbsence(choseBest, models), null);
  assert.equal(explainAbsence(choiceOf([]), models)?.code, "below_minimum");
  const because = "the provider was down or overloaded";
  const down = { ...best, accuracy: null, runsCompleted: 0, notMeasuredBecause: because };
  assert.equal(
    explainAbsence(choiceOf([], { best: null, rated: [] }), [down])?.text,
    `No call of any model was completed. Best is not ranked: ${because}.`,
  );
});
