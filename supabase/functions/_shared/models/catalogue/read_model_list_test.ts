import assert from "node:assert/strict";
import { readModelList, UnreadableListError } from "./read_model_list.ts";

const LUNA = {
  id: "openai/gpt-6-luna",
  canonical_slug: "openai/gpt-6-luna-20260915",
  name: "OpenAI: GPT-6 Luna",
  context_length: 1_050_000,
  architecture: { input_modalities: ["image", "text", "file"], output_modalities: ["text"] },
  pricing: { prompt: "0.0000001", completion: "0.0000005", input_cache_read: "0.00000001" },
  top_provider: { max_completion_tokens: 128_000 },
  supported_parameters: ["reasoning", "structured_outputs"],
  reasoning: {
    mandatory: false,
    supported_efforts: ["max", "xhigh", "high", "medium", "low", "none"],
  },
  expiration_date: null,
};

Deno.test("OpenRouter's list gives modalities, prices, reasoning and end of a model", () => {
  const [luna] = readModelList("openrouter", { data: [LUNA] });
  assert.deepEqual(luna, {
    name: "openai/gpt-6-luna",
    aliases: ["openai/gpt-6-luna-20260915"],
    title: "GPT-6 Luna",
    vendor: "OpenAI",
    input_modalities: ["text", "image", "file"],
    writes_text: true,
    prices: {
      input: "0.0000001",
      cachedInput: "0.00000001",
      output: "0.0000005",
      longContext: null,
    },
    context_length: 1_050_000,
    max_output_tokens: 128_000,
    supports_structured_output: true,
    reasoning: "optional",
    reasoning_efforts: ["none", "low", "medium", "high", "xhigh", "max"],
    tells_ends: true,
    retires_at: null,
    successor: null,
  });
  const read = (changes: Record<string, unknown>) =>
    readModelList("openrouter", { data: [{ ...LUNA, ...changes }] })[0];
  assert.equal(read({ expiration_date: "2027-01-14" })?.retires_at, "2027-01-14");
  assert.equal(read({ pricing: { prompt: "-1", completion: "-1" } })?.prices, null);
  assert.equal(
    read({ pricing: { prompt: "0.000001", completion: "0" } })?.prices?.cachedInput,
    "0.000001",
    "without a price of its own cached input costs what other input does",
  );
});

Deno.test("OpenRouter's prices of long calls are read, those of hours and days are not", () => {
  const longContextOf = (overrides: unknown) => {
    const [luna] = readModelList("openrouter", {
      data: [{ ...LUNA, pricing: { ...LUNA.pricing, overrides } }],
    });
    assert.equal(luna?.prices?.input, "0.0000001");
    return luna.prices.longContext;
  };
  const long = {
    min_prompt_tokens: 272_000,
    prompt: "0.0000002",
    completion: "0.00000075",
    input_cache_read: "0.00000002",
  };
  const read = {
    above: 272_000,
    input: "0.0000002",
    cachedInput: "0.00000002",
    output: "0.00000075",
  };
  assert.deepEqual(longContextOf([long]), read);
  assert.deepEqual(
    longContextOf([long, { utc_start: 1630, utc_end: 1900, prompt: "0.00000005" }, {
      min_prompt_tokens: 100_000,
      utc_days: ["saturday"],
      prompt: "0",
    }]),
    read,
    "prices of an hour or a day are no prices of a length",
  );
  assert.deepEqual(longContextOf([{ min_prompt_tokens: 272_000, completion: "0.00000075" }]), {
    above: 272_000,
    input: "0.0000001",
    cachedInput: "0.00000001",
    output: "0.00000075",
  }, "what an override does not name stays");
  assert.deepEqual(
    longContextOf([{ min_prompt_tokens: 128_000, prompt: "0.00000015" }, long]),
    { ...read, above: 128_000 },
    "of several the dearest prices hold from the first on",
  );
  for (const none of [undefined, null, [], "none", [{ min_prompt_tokens: 1_000 }]]) {
    assert.equal(longContextOf(none), null, JSON.stringify(none));
  }
});

Deno.test("a model that must think is listed without the effort none", () => {
  const read = (changes: Record<string, unknown>) => {
    const [luna] = readModelList("openrouter", { data: [{ ...LUNA, ...changes }] });
    return [luna?.reasoning, luna?.reasoning_efforts];
  };
  const mandatory = (supported_efforts: unknown) =>
    read({ reasoning: { mandatory: true, supported_efforts } });
  assert.deepEqual(mandatory(["high", "none"]), ["mandatory", ["high"]]);
  // Null: whatever OpenRouter knows.
  assert.deepEqual(mandatory(null), [
    "mandatory",
    ["minimal", "low", "medium", "high", "xhigh", "max"],
  ]);
  assert.deepEqual(read({ reasoning: undefined }), ["optional", []]);
  assert.deepEqual(read({ reasoning: undefined, supported_parameters: ["max_tokens"] }), [
    "none",
    [],
  ]);
});

Deno.test("Mistral's list gives a model's end and successor", () => {
  const [model] = readModelList("mistral", {
    object: "list",
    data: [{
      id: "mistral-medium-2508",
      aliases: ["mistral-medium-latest"],
      max_context_length: 131_072,
      capabilities: { completion_chat: true, vision: true },
      deprecation: "2026-12-31T12:00:00Z",
      deprecation_replacement_model: "mistral-medium-3-5",
    }],
  });
  assert.deepEqual(
    [model?.retires_at, model?.successor, model?.input_modalities, model?.aliases],
    ["2026-12-31", "mistral-medium-3-5", ["text", "image"], ["mistral-medium-latest"]],
  );
});

Deno.test("names are those that calls take: Google's without models/, Groq's of active models", () => {
  const google = readModelList("google", {
    data: [{ id: "models/gemini-3.8-flash", object: "model", owned_by: "google" }],
  });
  assert.deepEqual(google.map(({ name }) => name), ["gemini-3.8-flash"]);
  const groq = readModelList("openai", {
    data: [
      { id: "openai/gpt-oss-20b", active: true, context_window: 131_072 },
      { id: "llama-3.1-8b-instant", active: false },
    ],
  });
  assert.deepEqual(groq.map(({ name, context_length }) => [name, context_length]), [
    ["openai/gpt-oss-20b", 131_072],
  ]);
  const [claude] = readModelList("anthropic", {
    data: [{
      type: "model",
      id: "claude-opus-5-5",
      display_name: "Claude Opus 5.5",
      max_input_tokens: 1_000_000,
      capabilities: { image_input: { supported: true }, pdf_input: { supported: true } },
    }],
  });
  assert.deepEqual(claude?.input_modalities, ["text", "image", "file"]);
});

Deno.test("an answer that is not a readable list is an error, not an empty list", () => {
  for (
    const body of [
      null,
      "<html>",
      {},
      { data: {} },
      { data: [] },
      { data: [{ name: "no id" }] },
      { data: [LUNA, LUNA, LUNA, LUNA, { id: 7 }] },
      { data: [{ id: "x", active: false }] },
    ]
  ) {
    const format = typeof body === "object" && JSON.stringify(body).includes("active")
      ? "openai"
      : "openrouter";
    assert.throws(() => readModelList(format, body), UnreadableListError, JSON.stringify(body));
  }
  const mostly = [...Array.from({ length: 10 }, () => LUNA), { id: 7 }];
  assert.equal(readModelList("openrouter", { data: mostly }).length, 10);
});
