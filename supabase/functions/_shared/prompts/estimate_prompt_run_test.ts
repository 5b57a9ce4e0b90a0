import assert from "node:assert/strict";
import fc from "fast-check";
import { estimatePromptRun } from "./estimate_prompt_run.ts";

const PRICES = { input: 1e-6, cached_input: 1e-6, output: 2e-6 };
const RUN = {
  body: "Say {{word}} and {{word}}",
  rows: 10,
  repeats: 2,
  parameters: { max_tokens: 100 },
  models: [
    { label: "a", model: "small", prices: PRICES },
    { label: "b", model: "small", prices: PRICES },
  ],
  fields: new Map([["word", { mean: 8, most: 40 }]]),
  grader: null,
};

Deno.test("an estimate is the cost of the mean prompt and its answer, times rows, repeats and models", () => {
  const { estimate, reservations } = estimatePromptRun(RUN, 1);
  // "Say  and " has 9 characters, the fields 16: 7 tokens and 10 around them; the answer may have 100.
  const call = 17e-6 + 200e-6;
  assert.equal(estimate.cells, 40);
  assert.ok(Math.abs((estimate.per_model[0]?.usd_per_call ?? 0) - call) < 1e-12);
  assert.ok(Math.abs((estimate.total_usd ?? 0) - 40 * call) < 1e-12);
  assert.ok(Math.abs((reservations[0] ?? 0) - (129e-6 + 200e-6)) < 1e-12);
});

Deno.test("a call that may exceed the long-context threshold reserves long-context prices", () => {
  const long_context = { above: 128, input: 1e-3, cached_input: 1e-3, output: 1e-2 };
  const estimateWith = (above: number) => {
    const prices = { ...PRICES, long_context: { ...long_context, above } };
    const models = [{ label: "a", model: "small", prices }];
    const { estimate, reservations } = estimatePromptRun({ ...RUN, models }, 1);
    return [estimate.per_model[0]?.usd_per_call, reservations[0]].map((usd) => usd?.toFixed(6));
  };
  // 17 tokens are predicted to go in, and 129 may.
  assert.deepEqual(estimateWith(16), ["1.017000", "1.129000"]);
  assert.deepEqual(estimateWith(128), ["0.000217", "1.129000"]);
  assert.deepEqual(estimateWith(129), ["0.000217", "0.000329"]);
});

Deno.test("a model without a price makes the total unknown and reserves nothing", () => {
  const { estimate, reservations } = estimatePromptRun({
    ...RUN,
    models: [
      { label: "a", model: "small", prices: PRICES },
      { label: "b", model: "small", prices: null },
    ],
  }, 1);
  assert.equal(estimate.total_usd, null);
  assert.notEqual(estimate.per_model[0]?.total_usd, null);
  assert.equal(reservations[1], 0);
});

Deno.test("a call reserves at least its estimated cost", () => {
  fc.assert(fc.property(
    fc.string(),
    fc.nat(5_000),
    fc.nat(5_000),
    fc.option(fc.integer({ min: 1, max: 32_768 })),
    (text, mean, more, max_tokens) => {
      const { estimate, reservations, gradingReservation } = estimatePromptRun({
        ...RUN,
        body: `${text}{{word}}`,
        parameters: max_tokens === null ? {} : { max_tokens },
        fields: new Map([["word", { mean, most: mean + more }]]),
        grader: { body: `${text}{{input}}{{output}}`, model: "judge", prices: PRICES },
      }, 1);
      assert.ok((estimate.per_model[0]?.usd_per_call ?? NaN) <= (reservations[0] ?? NaN));
      assert.ok((estimate.grading_usd ?? NaN) / estimate.cells <= gradingReservation);
    },
  ));
});

Deno.test("without a token limit of the caller, thinking is estimated and two calls are reserved", () => {
  const models = ["gpt-6-luna#none", "gpt-6-luna#low", "gpt-6-luna#high"].map((model) => ({
    label: model,
    model,
    prices: PRICES,
  }));
  const { estimate, reservations } = estimatePromptRun({ ...RUN, parameters: {}, models }, 1);
  const predicted = estimate.per_model.map(({ usd_per_call }) => usd_per_call ?? NaN);
  const [none = NaN, low = NaN, high = NaN] = predicted;
  assert.ok(none * 2 < low && low * 2 < high, String(predicted));
  // 129 tokens at most go in, twice; 2,048 may come out, and then twice as many.
  assert.ok(Math.abs((reservations[0] ?? NaN) - (2 * 129e-6 + 3 * 2_048 * 2e-6)) < 1e-12);
  assert.ok((reservations[2] ?? NaN) > 8 * (reservations[0] ?? NaN));
});
