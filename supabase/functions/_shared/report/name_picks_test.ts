import assert from "node:assert/strict";
import { compareModels } from "../statistics/compare_models.ts";
import type { ModelScores } from "../statistics/model_scores.ts";
import { sampleSummary } from "../testing/report_samples.ts";
import type { ModelSummary } from "./model_summary.ts";
import { namePicks } from "./name_picks.ts";
import { chooseModel } from "./recommend_model.ts";

const steady = sampleSummary("steady", {
  modelName: "Steady",
  accuracy: 95,
  costPerRun: 0.02,
  costInterval: { low: 0.019, high: 0.021 },
  medianLatency: 4_000,
  medianLatencyInterval: { low: 3_000, high: 5_000 },
});
const cheap = sampleSummary("cheap", {
  modelName: "Cheap",
  accuracy: 87,
  costPerRun: 0.004,
  costInterval: { low: 0.003, high: 0.005 },
  medianLatency: 3_500,
  medianLatencyInterval: { low: 3_000, high: 4_000 },
});

function pick(models: readonly ModelSummary[]) {
  const scores = models.map(({ modelId, accuracy }): ModelScores => ({
    modelId,
    byImage: new Map(
      Array.from({ length: 50 }, (_, image) => [image, [(accuracy ?? 0) + (image % 2 ? 1 : -1)]]),
    ),
  }));
  const choice = chooseModel(models, scores, {
    priorities: ["cost", "accuracy", "speed"],
    minimumAccuracy: 50,
    accuracyMargin: 11,
    accuracyConfidence: 75,
  });
  return namePicks(choice, compareModels(scores, choice.best?.modelId));
}

Deno.test("each pick is compared with the second in its respect, with the certainty of the lead", () => {
  const { mostAccurate, cheapestGoodEnough, fastestGoodEnough } = pick([steady, cheap]);
  assert.deepEqual(mostAccurate, {
    modelId: "steady",
    runnerUpId: "cheap",
    difference: 8,
    certain: true,
    text:
      "Steady read 95.0 % of the fields right, 8.0 points more than Cheap, the second, on the 50 " +
      "images that both read; chance hardly explains that (p = 0.005).",
  });
  assert.deepEqual(cheapestGoodEnough, {
    modelId: "cheap",
    runnerUpId: "steady",
    difference: 0.016,
    certain: true,
    text:
      "Cheap costs $0.004 a call, 80 % less than Steady ($0.02), the next cheapest model that is " +
      "good enough; their 95 % intervals do not overlap.",
  });
  assert.equal(fastestGoodEnough?.certain, false);
  assert.equal(
    fastestGoodEnough?.text,
    "Cheap answers in 3.5 s (median), 12 % less time than Steady (4.0 s), the next fastest model that " +
      "is good enough; their 95 % intervals overlap, so that chance may explain it.",
  );
});

Deno.test("a model that is not good enough is no pick, however cheap", () => {
  const poor = sampleSummary("poor", { modelName: "Poor", accuracy: 70, costPerRun: 0 });
  const { cheapestGoodEnough } = pick([steady, poor]);
  assert.equal(cheapestGoodEnough?.modelId, "steady");
  assert.equal(cheapestGoodEnough?.runnerUpId, null);
  assert.match(cheapestGoodEnough?.text ?? "", /no other model is good enough\.$/);
  const none = pick(
    [{ ...steady, accuracy: 40 }, poor].map((model) => ({ ...model, accuracy: 40 })),
  );
  assert.deepEqual([none.cheapestGoodEnough, none.fastestGoodEnough], [null, null]);
  assert.equal(none.mostAccurate?.modelId, "poor");
});

Deno.test("an unknown cost or time is neither the lowest nor the second", () => {
  const unknown = { ...cheap, costPerRun: null, medianLatency: null };
  const { cheapestGoodEnough, fastestGoodEnough } = pick([steady, unknown]);
  assert.match(
    cheapestGoodEnough?.text ?? "",
    /\. The cost of 1 other model that is good enough is not/,
  );
  assert.match(fastestGoodEnough?.text ?? "", /\. The time of 1 other model/);
  const nobody = pick([{ ...steady, costPerRun: null }, unknown]);
  assert.equal(nobody.cheapestGoodEnough, null);
});
