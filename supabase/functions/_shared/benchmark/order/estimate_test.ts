import assert from "node:assert/strict";
import fc from "fast-check";
import { chooseMaxOutputTokens, estimateRunCost, type PricedModel } from "./estimate.ts";

const model: PricedModel = {
  id: "openai/gpt-6-sol",
  input_price: 2.5e-6,
  output_price: 1e-5,
  cached_input_price: 1.25e-6,
  image_price: 0,
  context_length: 128_000,
  supports_structured_output: true,
  reasoning: "none",
};
const run = {
  prompt: "Read the receipt.",
  json_schema: { type: "object" },
  max_output_tokens: 2_048,
  images: [{ size: { width: 1024, height: 1024 }, expected: { shop: "ACME", total: 12.5 } }],
};

Deno.test("a receipt read by GPT-6 Sol is predicted to cost 0.2 to 0.5 cents", () => {
  const { predicted, upperBound } = estimateRunCost(model, run);
  assert.ok(predicted > 0.002 && predicted < 0.005, String(predicted));
  // Two calls, the second with twice the tokens.
  assert.ok(upperBound > 3 * 0.0204 && upperBound < 0.1, String(upperBound));
});

Deno.test("a model without prices has a predicted and highest cost of 0", () => {
  const free = { ...model, input_price: 0, output_price: 0 };
  const { predicted, upperBound } = estimateRunCost(free, run);
  assert.deepEqual([predicted, upperBound], [0, 0]);
});

Deno.test("a call that may be long is reserved at the long price and predicted at the likely one", () => {
  const long_context = { above: 2_000, input: 1e-4, cached_input: 1e-4, output: 1e-3 };
  const usual = estimateRunCost(model, run);
  const likelyShort = estimateRunCost({ ...model, long_context }, run);
  assert.equal(likelyShort.predicted, usual.predicted);
  // Two calls of 2,048 and 4,096 tokens, and what goes into them.
  assert.ok(
    likelyShort.upperBound > 6_144e-3 && likelyShort.upperBound < 7,
    `${likelyShort.upperBound}`,
  );
  const long = estimateRunCost({ ...model, long_context: { ...long_context, above: 500 } }, run);
  assert.ok(long.predicted > 20 * usual.predicted);
  const never = { ...long_context, above: model.context_length };
  assert.deepEqual(estimateRunCost({ ...model, long_context: never }, run), usual);
});

Deno.test("a price per image counts once per call", () => {
  const { predicted, upperBound } = estimateRunCost(
    { ...model, input_price: 0, output_price: 0, image_price: 0.01 },
    { ...run, images: [...run.images, ...run.images] },
  );
  assert.deepEqual([predicted, upperBound], [0.01, 0.02]);
});

Deno.test("the prediction is the mean over the images, the bound that of the most expensive one", () => {
  const small = { size: { width: 512, height: 512 }, expected: null };
  const large = { size: { width: 4096, height: 2048 }, expected: "x".repeat(3_000) };
  const alone = (image: typeof small | typeof large) =>
    estimateRunCost(model, { ...run, images: [image] });
  const together = estimateRunCost(model, { ...run, images: [small, large] });
  const mean = (alone(small).predicted + alone(large).predicted) / 2;
  assert.ok(Math.abs(together.predicted - mean) < 1e-12);
  assert.equal(together.upperBound, alone(large).upperBound);
  assert.ok(alone(large).upperBound > alone(small).upperBound);
});

Deno.test("the bound counts no input beyond the context length", () => {
  const { upperBound } = estimateRunCost({
    ...model,
    context_length: 1_000,
    max_output_tokens: 2_048,
  }, {
    ...run,
    prompt: "x".repeat(20_000),
  });
  assert.ok(upperBound >= 1_000 * 2.5e-6 + 2_048 * 1e-5);
  assert.ok(upperBound <= 6_000 * 2.5e-6 + 2_048 * 1e-5);
});

Deno.test("the predicted cost never exceeds the reservation", () => {
  const price = fc.double({ min: 0, max: 1e-4, noNaN: true });
  const image = fc.record({
    size: fc.option(fc.record({
      width: fc.integer({ min: 1, max: 9_000 }),
      height: fc.integer({ min: 1, max: 9_000 }),
    })),
    expected: fc.string({ maxLength: 2_000 }),
  });
  fc.assert(fc.property(
    price,
    price,
    fc.constantFrom("openai/gpt-6-luna", "google/gemini-3-flash", "new/model"),
    fc.boolean(),
    fc.string({ maxLength: 500 }),
    fc.array(image, { minLength: 1, maxLength: 5 }),
    (input_price, output_price, id, supports_structured_output, prompt, images) => {
      const { predicted, upperBound } = estimateRunCost(
        { ...model, id, input_price, output_price, supports_structured_output },
        { ...run, prompt, images },
      );
      assert.ok(0 <= predicted && predicted <= upperBound);
    },
  ));
});

Deno.test("the token limit grows with the longest expected answer, within bounds", () => {
  assert.equal(chooseMaxOutputTokens([]), 2_048);
  assert.equal(chooseMaxOutputTokens([{ a: 1 }, null]), 2_048);
  assert.equal(chooseMaxOutputTokens(["x".repeat(2_998), 1]), 4_000);
  assert.equal(chooseMaxOutputTokens(["x".repeat(100_000)]), 16_384);
});
