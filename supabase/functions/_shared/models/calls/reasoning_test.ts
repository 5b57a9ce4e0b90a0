import assert from "node:assert/strict";
import { EFFORTS } from "../contestant.ts";
import { predictThinking, type Reasoning, roomFor, sendEffort } from "./reasoning.ts";

function send(provider: string, id: string, reasoning?: Reasoning) {
  return sendEffort({ provider, model: id, reasoning });
}

Deno.test("the effort has the name and values of each endpoint", () => {
  const cases: [string, string, object][] = [
    ["openrouter", "openai/gpt-6-luna#high", { reasoning: { effort: "high" } }],
    ["openrouter", "anthropic/claude-sonnet-5#none", { reasoning: { effort: "none" } }],
    ["openai", "gpt-6-luna#xhigh", { reasoning_effort: "xhigh" }],
    ["openai", "gpt-6-luna#none", { reasoning_effort: "none" }],
    ["groq", "openai/gpt-oss-120b#low", { reasoning_effort: "low" }],
    ["groq", "openai/gpt-oss-120b#max", { reasoning_effort: "high" }],
    ["groq", "qwen/qwen3-32b#none", { reasoning_effort: "none" }],
    ["groq", "qwen/qwen3-32b#high", {}],
    ["cerebras", "gpt-oss-120b#medium", { reasoning_effort: "medium" }],
    ["cerebras", "zai-glm-4.7#none", { reasoning_effort: "none" }],
    ["google", "gemini-3.5-flash-lite#minimal", { reasoning_effort: "minimal" }],
    ["google", "gemini-3.8-flash#max", { reasoning_effort: "high" }],
    ["google", "gemini-2.5-flash#none", { reasoning_effort: "none" }],
    ["mistral", "mistral-small-2603#high", { reasoning_effort: "high" }],
    ["mistral", "mistral-small-2603#none", { reasoning_effort: "none" }],
    ["anthropic", "claude-opus-5-5#max", {
      thinking: { type: "adaptive" },
      output_config: { effort: "max" },
    }],
    ["anthropic", "claude-haiku-4-5#low", { thinking: { type: "enabled", budget_tokens: 4_096 } }],
    ["anthropic", "claude-haiku-4-5-20251001#high", {
      thinking: { type: "enabled", budget_tokens: 16_384 },
    }],
    ["anthropic", "claude-sonnet-5#none", { thinking: { type: "disabled" } }],
    ["compatible", "own-model#low", { reasoning_effort: "low" }],
  ];
  for (const [provider, id, sent] of cases) assert.deepEqual(send(provider, id), sent, id);
});

Deno.test("no effort is sent if none was chosen or the model takes none", () => {
  for (const provider of ["openrouter", "openai", "groq", "google", "mistral", "anthropic"]) {
    assert.deepEqual(send(provider, "x/any"), {});
    assert.deepEqual(send(provider, "x/any#high", "none"), {});
    for (const model of ["gpt-4.1", "mistralai/mistral-large-2512", "pixtral-12b"]) {
      assert.deepEqual(send(provider, `${model}#high`), {}, model);
    }
  }
});

Deno.test("a model that always thinks is never sent the effort none", () => {
  assert.deepEqual(send("openrouter", "new/model#none", "mandatory"), {});
  const models = [
    "gpt-5-mini",
    "o3",
    "openai/gpt-oss-120b",
    "google/gemini-3.5-flash",
    "qwen3-vl-8b-thinking",
  ];
  for (const provider of ["openrouter", "openai", "groq", "cerebras", "google"]) {
    for (const model of models) assert.deepEqual(send(provider, `${model}#none`), {}, model);
  }
});

Deno.test("room and prediction of thinking grow with the effort, from 0 for none", () => {
  const rooms = EFFORTS.map((effort) => roomFor({ id: `openai/gpt-6-luna#${effort}` }, 1_000));
  const usual = EFFORTS.map((effort) => predictThinking({ id: `openai/gpt-6-luna#${effort}` }));
  for (const figures of [rooms, usual]) {
    assert.deepEqual(figures, figures.toSorted((one, other) => one - other));
    assert.equal(new Set(figures).size, EFFORTS.length);
  }
  assert.equal(rooms[0], 1_000);
  assert.equal(usual[0], 0);
  EFFORTS.forEach((_, index) => assert.ok((rooms[index] ?? 0) - 1_000 >= (usual[index] ?? 0)));
});

Deno.test("without an effort there is room to think only if the model may think", () => {
  for (const id of ["gpt-5-mini", "o3", "google/gemini-3.5-flash", "magistral-small"]) {
    assert.equal(roomFor({ id }, 1_024), 9_216, id);
  }
  for (const id of ["gpt-4o", "claude-haiku-4.5", "mistral-large-2512", "llama-4-scout"]) {
    assert.equal(roomFor({ id }, 1_024), 1_024, id);
  }
  assert.equal(roomFor({ id: "new/model", reasoning: "optional" }, 1_024), 9_216);
  assert.equal(roomFor({ id: "gpt-6-luna", reasoning: "none" }, 1_024), 1_024);
  assert.equal(predictThinking({ id: "anthropic/claude-haiku-4.5", reasoning: "optional" }), 0);
  assert.ok(predictThinking({ id: "new/model", reasoning: "mandatory" }) > 1_000);
});
