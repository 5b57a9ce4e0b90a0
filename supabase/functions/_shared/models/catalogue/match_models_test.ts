import assert from "node:assert/strict";
import { findProvider, type Provider } from "../providers.ts";
import { isListed, matchModels } from "./match_models.ts";
import type { ListedModel } from "./read_model_list.ts";

const NOW = new Date("2026-11-30T12:00:00Z");

function provider(name: string): Provider {
  const found = findProvider(name);
  assert.ok(found);
  return found;
}

function listed(name: string, changes: Partial<ListedModel> = {}): ListedModel {
  return {
    name,
    aliases: [],
    title: null,
    vendor: null,
    input_modalities: ["text", "image"],
    writes_text: true,
    prices: {
      input: "0.000001",
      cachedInput: "0.000001",
      output: "0.000002",
      longContext: null,
    },
    context_length: 1000,
    max_output_tokens: null,
    supports_structured_output: null,
    reasoning: null,
    reasoning_efforts: null,
    tells_ends: true,
    retires_at: null,
    successor: null,
    ...changes,
  };
}

const idsOf = (name: string, known: readonly string[], models: readonly ListedModel[]) =>
  matchModels(provider(name), known, models, { now: NOW }).map(({ id }) => id);

Deno.test("an OpenRouter model matches its slug and variants, and nothing else", () => {
  const list = [listed("openai/gpt-6-luna", { aliases: ["openai/gpt-6-luna-20260915"] })];
  const is = (name: string) => isListed(provider("openrouter"), name, list);
  assert.equal(is("openai/gpt-6-luna"), true);
  assert.equal(is("openai/gpt-6-luna:free"), true);
  assert.equal(is("openai/gpt-6-luna-20260915"), true);
  assert.equal(is("openai/gpt-6-luna-mini"), false);
});

Deno.test("for other providers a name without a date matches any release, and an alias its model", () => {
  const claude = [listed("claude-haiku-4-5-20251001")];
  assert.equal(isListed(provider("anthropic"), "anthropic/claude-haiku-4-5", claude), true);
  assert.equal(isListed(provider("anthropic"), "claude-haiku-4-5", claude), true);
  assert.equal(isListed(provider("anthropic"), "anthropic/claude-opus-5-5", claude), false);
  const mistral = [listed("mistral-medium-2508", { aliases: ["mistral-medium"] })];
  assert.equal(isListed(provider("mistral"), "mistral/mistral-medium", mistral), true);
});

Deno.test("a listed model is new if it reads images, writes text and has a fixed name and a price", () => {
  const list = [
    listed("acme/eye"),
    listed("acme/known"),
    listed("acme/blind", { input_modalities: ["text"] }),
    listed("acme/painter", { writes_text: false }),
    listed("acme/unpriced", { prices: null }),
    listed("acme/eye:free"),
    listed("~acme/eye-latest"),
    listed("openrouter/auto"),
    listed("acme/ended", { retires_at: "2026-11-30" }),
  ];
  assert.deepEqual(idsOf("openrouter", ["acme/known", "acme/gone"], list), [
    "acme/known",
    "acme/eye",
  ]);
});

Deno.test("models of other endpoints and their successors are prefixed with the provider's name", () => {
  const [entry] = matchModels(
    provider("mistral"),
    [],
    [listed("mistral-medium-2508", { retires_at: "2026-12-31", successor: "mistral-medium-3-5" })],
    { now: NOW },
  );
  assert.deepEqual([entry?.id, entry?.retires_at, entry?.successor], [
    "mistral/mistral-medium-2508",
    "2026-12-31",
    "mistral/mistral-medium-3-5",
  ]);
});

Deno.test("a price comes from the list, or else from the dated prices, or else stays", () => {
  const findPrices = (_provider: string, model: string, at: Date) =>
    model === "gemini-3.8-flash" && at === NOW
      ? {
        input: "0.75e-6",
        cachedInput: "0.075e-6",
        output: "3.75e-6",
        longContext: { above: 200_000, input: "1.5e-6", cachedInput: "0.15e-6", output: "5e-6" },
      }
      : null;
  const entries = matchModels(
    provider("google"),
    ["google/gemini-3.8-flash", "google/unknown"],
    [listed("gemini-3.8-flash", { prices: null }), listed("unknown", { prices: null })],
    { now: NOW, findPrices },
  );
  assert.deepEqual(
    entries.map((entry) => [
      entry.input_price,
      entry.long_context_above,
      entry.long_context_input_price,
      entry.source,
    ]),
    [
      ["0.75e-6", 200_000, "1.5e-6", "genai-prices"],
      [null, null, null, "models of google"],
    ],
  );
});
