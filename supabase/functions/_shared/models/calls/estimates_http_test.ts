import assert from "node:assert/strict";
import { loadReceipts } from "../../../../../scripts/demo/customer.ts";
import { defaultModels } from "../../../../../scripts/services/openrouter/catalogue.ts";
import { startOpenRouterService } from "../../../../../scripts/services/openrouter/server.ts";
import { chooseMaxOutputTokens, estimateRunCost } from "../../benchmark/order/estimate.ts";
import { buildPrompt } from "../../benchmark/prompt.ts";
import { isJsonObject, type JsonObject } from "../../platform/json/json_value.ts";
import { sniffImage } from "../image.ts";
import { createModelProvider } from "./model_client.ts";

const RECEIPTS = "examples/receipts";

Deno.test("the predicted cost of a receipt is within a factor of two of the simulated charge, at each effort", async () => {
  const receipts = await loadReceipts();
  const service = await startOpenRouterService({
    truths: new Map(
      receipts.map(({ file, expected }) => [file, JSON.parse(JSON.stringify(expected))]),
    ),
    behaviour: { fetchImages: false, medianMs: 0, sigma: 0 },
  });
  const provider = createModelProvider({
    endpoints: { openrouter: { baseUrl: service.openRouterUrl, apiKey: "sk-or-test" } },
  });
  const prompt = await Deno.readTextFile(`${RECEIPTS}/prompt.txt`);
  const json_schema = toJson(JSON.parse(await Deno.readTextFile(`${RECEIPTS}/schema.json`)));
  const images = receipts.map(({ png, expected }) => ({
    size: sniffImage(png)?.size ?? null,
    expected: toJson(expected),
  }));
  const run = {
    prompt,
    json_schema,
    images,
    max_output_tokens: chooseMaxOutputTokens(images.map(({ expected }) => expected)),
  };
  try {
    for (const fake of defaultModels.filter(({ imageTokens }) => imageTokens > 0)) {
      for (const effort of ["", ...fake.reasoningEfforts.map((effort) => `#${effort}`)]) {
        const model = {
          id: fake.id + effort,
          base_url_key: "openrouter",
          input_price: fake.inputPrice,
          cached_input_price: fake.cachedInputPrice,
          output_price: fake.outputPrice,
          image_price: fake.imagePrice,
          context_length: fake.contextLength,
          max_output_tokens: fake.maxOutputTokens,
          supports_structured_output: fake.structuredOutput,
          reasoning: fake.reasoning,
        };
        const { predicted, upperBound, outputLimit } = estimateRunCost(model, run);
        const asked = buildPrompt(run, model);
        const costs = await Promise.all(receipts.map(async ({ file }) => {
          const outcome = await provider.complete({
            ...asked,
            model,
            imageUrl: `https://storage.test/${file}`,
            maxOutputTokens: outputLimit,
            timeoutMs: 20_000,
          }, new AbortController().signal);
          assert.ok(outcome.kind === "answer" && outcome.ending === "stop", model.id);
          return outcome.cost ?? NaN;
        }));
        const actual = costs.reduce((sum, cost) => sum + cost) / costs.length;
        const ratio = predicted / actual;
        assert.ok(ratio > 0.5 && ratio < 2, `${model.id}: ${ratio.toFixed(2)} of the actual cost`);
        assert.ok(Math.max(...costs) < upperBound, model.id);
      }
    }
  } finally {
    await service.stop();
  }
});

function toJson(value: unknown): JsonObject {
  const parsed = JSON.parse(JSON.stringify(value));
  assert.ok(isJsonObject(parsed));
  return parsed;
}
