import assert from "node:assert/strict";
import fc from "fast-check";
import { boundTextTokens, predictTextTokens } from "./count_text_tokens.ts";
import { boundImageTokens, predictImageTokens } from "./count_tokens.ts";

/** Worked examples of the vendors' own documentation, or counts their APIs reported. */
const examples: [model: string, width: number, height: number, tokens: number][] = [
  ["openai/gpt-4o", 1024, 1024, 765],
  ["openai/gpt-4o", 2048, 4096, 1105],
  ["openai/gpt-4o-mini", 1024, 1024, 25_501],
  ["openai/gpt-5", 1024, 1024, 630],
  ["openai/gpt-4.1-mini", 1024, 1024, 1659],
  ["openai/gpt-4.1-mini", 2400, 1800, 2489],
  ["anthropic/claude-3.5-haiku", 1000, 1000, 1334],
  ["anthropic/claude-3.5-haiku", 4000, 3000, 1600],
  ["anthropic/claude-sonnet-5", 1000, 1000, 1334],
  ["anthropic/claude-sonnet-5", 4000, 3000, 4784],
  ["google/gemini-2.5-flash", 384, 384, 258],
  ["google/gemini-2.5-flash", 960, 540, 1548],
  ["google/gemini-3-flash", 4032, 3024, 1120],
  ["qwen/qwen2.5-vl-72b-instruct", 280, 280, 100],
  ["qwen/qwen3-vl-32b", 320, 320, 100],
  ["mistralai/pixtral-12b", 1024, 1024, 4096],
  ["openai/gpt-6-luna#high", 1024, 1024, 1229],
  ["openai/gpt-5.4-mini", 4000, 3000, 1844],
  ["anthropic/claude-opus-4-5-20251101", 4000, 3000, 1600],
  ["claude-opus-4-7", 4000, 3000, 4784],
  ["x-ai/grok-4.3", 1654, 2339, 1792],
  ["mistralai/ministral-8b-2512", 1540, 1540, 3025],
  ["moonshotai/kimi-k2.6", 1654, 2339, 4096],
  ["somebody/new-model", 1024, 1024, 1229],
];
for (const [model, width, height, tokens] of examples) {
  Deno.test(`${model} is predicted to count ${width}x${height} as ${tokens} tokens`, () => {
    assert.equal(predictImageTokens(model, { width, height }), tokens);
  });
}

const size = fc.record({
  width: fc.integer({ min: 1, max: 20_000 }),
  height: fc.integer({ min: 1, max: 20_000 }),
});
const model = fc.constantFrom(...examples.map(([id]) => id));

Deno.test("an image of any size has some tokens, and its bound is at least twice the prediction", () => {
  fc.assert(fc.property(model, fc.option(size), (model, size) => {
    const predicted = predictImageTokens(model, size);
    assert.ok(Number.isInteger(predicted) && predicted > 0);
    assert.ok(boundImageTokens(model, size) >= 2 * predicted);
  }));
});

Deno.test("a text's bound is its bytes, never below the prediction", () => {
  assert.equal(boundTextTokens("é€"), 5);
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    assert.ok(boundTextTokens(text) >= predictTextTokens(text));
  }));
});
