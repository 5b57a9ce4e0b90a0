import assert from "node:assert/strict";
import { readProviderEndpoints } from "./provider_env.ts";
import { findDatedPrices } from "./catalogue/dated_prices.ts";
import { PROVIDERS } from "./providers.ts";

/** A model of each provider whose prices come from `@pydantic/genai-prices`. */
const PRICED: Readonly<Record<string, string>> = {
  openai: "gpt-6-luna",
  google: "gemini-3.8-flash",
  anthropic: "claude-opus-5-5",
  mistral: "mistral-small-2603",
  groq: "openai/gpt-oss-20b",
  cerebras: "gpt-oss-120b",
};

Deno.test("every provider whose list says no prices is known to the dated prices", () => {
  for (const { name, pricesAt } of PROVIDERS) {
    if (pricesAt === null) continue;
    const model = PRICED[name];
    assert.ok(model !== undefined, `name a model of ${name} here`);
    assert.notEqual(findDatedPrices(pricesAt, model, new Date()), null, name);
  }
});

Deno.test("a provider can be called with its key, or without one where it is keyless or near", () => {
  assert.deepEqual(
    Object.keys(readProviderEndpoints({
      MISTRAL_BASE_URL: "https://api.mistral.ai/v1",
      MISTRAL_API_KEY: "k",
      GOOGLE_BASE_URL: "https://generativelanguage.googleapis.com/v1beta/openai",
      ANTHROPIC_BASE_URL: "http://127.0.0.1:9/v1",
      COMPATIBLE_BASE_URL: "https://models.example/v1",
    })),
    ["anthropic", "mistral", "compatible"],
  );
});

Deno.test("a dated price is that of its day", () => {
  const price = (day: string) =>
    findDatedPrices("google", "gemini-3.8-flash", new Date(day))?.input;
  assert.equal(price("2026-12-31T23:59:59Z"), "0.75e-6");
  assert.equal(price("2027-01-01T00:00:01Z"), "1.5e-6");
  assert.equal(findDatedPrices("openai", "gpt-6-luna", new Date())?.input, "0.1e-6");
  assert.equal(findDatedPrices("openai", "no-such-model", new Date()), null);
});
