import assert from "node:assert/strict";
import fc from "fast-check";
import { PRIORITIES, type Priority } from "../benchmark/configuration.ts";
import { sampleSummary } from "../testing/report_samples.ts";
import { generateRationale } from "./generate_rationale.ts";
import type { ModelSummary } from "./model_summary.ts";

const mini = sampleSummary("openai/gpt-6-luna", {
  modelName: "GPT-6 Luna",
  accuracy: 97.34,
  costPerRun: 0.0042,
  medianLatency: 1_234.5,
  spread: 2.06,
});
const large: ModelSummary = {
  ...mini,
  modelId: "openai/gpt-6-sol",
  modelName: "GPT-6 Sol",
  costPerRun: 0.028,
};
const lone = { ...mini, spread: 12 };

const sentences: [string, ModelSummary, ModelSummary[], Priority[], string][] = [
  [
    "accuracy first, with saving and consistency",
    mini,
    [large, mini],
    ["accuracy", "cost", "speed"],
    "GPT-6 Luna achieved 97.3% field accuracy, costing 85% less than GPT-6 Sol, " +
    "with consistent results (±2.1%).",
  ],
  [
    "speed first",
    lone,
    [lone],
    ["speed", "cost", "accuracy"],
    "GPT-6 Luna responded in 1.2 s median and achieved 97.3% field accuracy.",
  ],
  [
    "cost first",
    lone,
    [lone],
    ["cost", "speed", "accuracy"],
    "GPT-6 Luna costs $0.0042 a call and achieved 97.3% field accuracy.",
  ],
  [
    "a free model first by cost",
    { ...lone, costPerRun: 0 },
    [large],
    ["cost", "speed", "accuracy"],
    "GPT-6 Luna costs $0 a call and achieved 97.3% field accuracy, where GPT-6 Sol costs $0.028 a call.",
  ],
  [
    "a free model first by accuracy",
    { ...lone, costPerRun: 0 },
    [large],
    ["accuracy", "cost", "speed"],
    "GPT-6 Luna achieved 97.3% field accuracy, at no cost, where GPT-6 Sol costs $0.028 a call.",
  ],
  [
    "a saving of 10 % or less, unmentioned",
    lone,
    [{ ...large, costPerRun: 0.0042 / 0.9 }],
    ["accuracy", "cost", "speed"],
    "GPT-6 Luna achieved 97.3% field accuracy.",
  ],
  [
    "a saving that only rounds to everything",
    { ...lone, costPerRun: 0.00001 },
    [large],
    ["accuracy", "cost", "speed"],
    "GPT-6 Luna achieved 97.3% field accuracy, costing 99% less than GPT-6 Sol.",
  ],
  [
    "a spread of 5 points, unmentioned",
    { ...mini, spread: 5 },
    [mini],
    ["accuracy", "cost", "speed"],
    "GPT-6 Luna achieved 97.3% field accuracy.",
  ],
  [
    "a single run, whose consistency nobody knows",
    { ...mini, spread: null },
    [mini],
    ["accuracy", "cost", "speed"],
    "GPT-6 Luna achieved 97.3% field accuracy.",
  ],
  [
    "an unknown cost, passed over for the next priority",
    { ...lone, costPerRun: null },
    [large],
    ["cost", "speed", "accuracy"],
    "GPT-6 Luna responded in 1.2 s median and achieved 97.3% field accuracy.",
  ],
  [
    "speed first, with both savings beside the most accurate model",
    lone,
    [{ ...large, accuracy: 98, medianLatency: 2_469 }],
    ["speed", "cost", "accuracy"],
    "GPT-6 Luna responded in 1.2 s median and achieved 97.3% field accuracy, " +
    "taking 50% less time and costing 85% less than GPT-6 Sol.",
  ],
  [
    "the most accurate model, beside the next candidate and not the dearest",
    lone,
    [mini, { ...large, modelId: "next", modelName: "Next", costPerRun: 0.0084 }, large],
    ["accuracy", "cost", "speed"],
    "GPT-6 Luna achieved 97.3% field accuracy, costing 50% less than Next.",
  ],
  [
    "steady results that are bad, which nobody calls consistent",
    { ...mini, accuracy: 79, spread: 0 },
    [mini],
    ["accuracy", "cost", "speed"],
    "GPT-6 Luna achieved 79% field accuracy.",
  ],
  [
    "repeats on a single image, which show no consistency",
    { ...mini, imagesCompleted: 1 },
    [mini],
    ["accuracy", "cost", "speed"],
    "GPT-6 Luna achieved 97.3% field accuracy.",
  ],
];
for (const [what, recommended, all, priorities, sentence] of sentences) {
  Deno.test(`the rationale is right for ${what}`, () => {
    assert.equal(generateRationale(recommended, all, priorities), sentence);
  });
}

Deno.test("costs are written with their significant digits and never with an exponent", () => {
  const written = (costPerRun: number) =>
    /\$(\S*) a call/.exec(
      generateRationale({ ...lone, costPerRun }, [], ["cost", "speed", "accuracy"]),
    )?.[1];
  assert.deepEqual([1.25, 12.3456, 0.05, 0.1, 0.00421499, 1e-7].map(written), [
    "1.25",
    "12.35",
    "0.05",
    "0.10",
    "0.00421",
    "0.0000001",
  ]);
});

Deno.test("the rationale is one sentence that names the model and ends in one period", () => {
  const number = fc.double({ min: 0, max: 100, noNaN: true });
  const priorities = fc.shuffledSubarray([...PRIORITIES], { minLength: 3, maxLength: 3 });
  fc.assert(fc.property(
    fc.record({ accuracy: number, costPerRun: fc.option(number), spread: fc.option(number) }),
    fc.array(fc.option(number)),
    priorities,
    (values, costs, priorities) => {
      const rationale = generateRationale(
        { ...mini, ...values },
        costs.map((costPerRun) => ({ ...large, costPerRun })),
        priorities,
      );
      assert.ok(rationale.startsWith("GPT-6 Luna "));
      assert.match(rationale, /[^.]\.$/);
      assert.doesNotMatch(rationale, /NaN|Infinity|null|undefined|\n/);
    },
  ));
});
