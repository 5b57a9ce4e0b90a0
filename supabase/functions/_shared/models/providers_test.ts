import { findProvider } from "@pydantic/genai-prices";
import assert from "node:assert/strict";
import { readProviderEndpoints } from "./provider_env.ts";
import { findDatedPrices } from "./catalogue/dated_prices.ts";
import { PROVIDERS, variablesOf } from "./providers.ts";

Deno.test("every provider is in docs/models.md with its key and address", async () => {
  const docs = await Deno.readTextFile(new URL("../../../../docs/models.md", import.meta.url));
  for (const { name, baseUrl } of PROVIDERS) {
    const row = docs.split("\n").find((line) => line.startsWith(`| \`${name}\``));
    assert.ok(row !== undefined, `add a row for ${name} to the providers in docs/models.md`);
    for (const needed of [variablesOf(name).apiKey, baseUrl ?? ""]) {
      assert.ok(row.includes(needed), `the row of ${name} in docs/models.md lacks ${needed}`);
    }
  }
});

Deno.test("every provider whose list has no prices is in genai-prices by the name given", () => {
  for (const { name, pricesAt } of PROVIDERS) {
    if (pricesAt === null) continue;
    const found = findProvider({ providerId: pricesAt });
    assert.equal(
      found?.id,
      pricesAt,
      `genai-prices has no ${pricesAt}: correct pricesAt of ${name}`,
    );
  }
});

Deno.test("a provider is callable with its key, or without one if it is keyless or on a private network", () => {
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

Deno.test("a price is the one of the given day", () => {
  const price = (day: string) =>
    findDatedPrices("google", "gemini-3.8-flash", new Date(day))?.input;
  assert.equal(price("2026-12-31T23:59:59Z"), "0.75e-6");
  assert.equal(price("2027-01-01T00:00:01Z"), "1.5e-6");
  assert.equal(findDatedPrices("openai", "gpt-6-luna", new Date())?.input, "0.1e-6");
  assert.equal(findDatedPrices("openai", "no-such-model", new Date()), null);
});
