import assert from "node:assert/strict";
import { adaptSampling } from "./sampling.ts";

const all = { temperature: 0, top_p: 0.9, seed: 7 };

Deno.test("models that refuse sampling parameters get none", () => {
  const models = [
    "gpt-5",
    "gpt-5-mini",
    "openai/gpt-5.4-nano",
    "gpt-5-judge",
    "gpt-6-luna",
    "o1",
    "o4-mini-high",
    "~openai/gpt-mini-latest",
    "anthropic/claude-opus-4.7",
    "claude-opus-4-8",
    "claude-sonnet-5",
    "claude-fable-5-1",
    "~anthropic/claude-haiku-latest",
  ];
  for (const model of models) {
    assert.deepEqual(adaptSampling({ provider: "openrouter", model }, all), {}, model);
  }
});

Deno.test("models that take sampling parameters get all of them", () => {
  const models = ["gpt-4o-mini", "gpt-4.1", "openai/gpt-oss-120b", "gemini-2.5-flash", "grok-4.3"];
  for (const model of models) {
    assert.deepEqual(adaptSampling({ provider: "openrouter", model }, all), all, model);
  }
});

Deno.test("an earlier Claude gets temperature or top_p, and no seed", () => {
  const name = { provider: "anthropic", model: "claude-haiku-4-5-20251001" };
  assert.deepEqual(adaptSampling(name, all), { temperature: 0 });
  assert.deepEqual(adaptSampling(name, { top_p: 0.9, seed: 7 }), { top_p: 0.9 });
  assert.deepEqual(adaptSampling({ provider: "anthropic", model: "m" }, all), { temperature: 0 });
  const dated = { provider: "anthropic", model: "claude-opus-4-20250514" };
  assert.deepEqual(adaptSampling(dated, { temperature: 1 }), { temperature: 1 });
});

Deno.test("a seed has the name that the endpoint uses", () => {
  assert.deepEqual(adaptSampling({ provider: "mistral", model: "m" }, { seed: 7 }), {
    random_seed: 7,
  });
  assert.deepEqual(adaptSampling({ provider: "google", model: "gemini-3.5-flash" }, all), {
    temperature: 0,
    top_p: 0.9,
  });
  const routed = { provider: "openrouter", model: "mistralai/mistral-large-2512" };
  assert.deepEqual(adaptSampling(routed, { seed: 7 }), { seed: 7 });
});
