import { calcPrice, type ModelPrice } from "@pydantic/genai-prices";
import type { FindPrices } from "./match_models.ts";

/**
 * Finds a price in `@pydantic/genai-prices`, which is kept current on npm and knows from when a price holds.
 * Where a price rises with the length of the input, the one for short inputs counts.
 *
 * @param provider its id there: `openai`, `google`, …
 */
export const findDatedPrices: FindPrices = (provider, model, at) => {
  const usage = { input_tokens: 1, output_tokens: 1 };
  const found = calcPrice(usage, model, { providerId: provider, timestamp: at });
  if (found === null) return null;
  const { input_mtok, output_mtok, cache_read_mtok } = found.model_price;
  const [input, output] = [usdPerToken(input_mtok), usdPerToken(output_mtok)];
  if (input === null || output === null) return null;
  return { input, output, cachedInput: usdPerToken(cache_read_mtok) ?? input };
};

function usdPerToken(perMillion: ModelPrice[string]): string | null {
  if (perMillion === undefined) return null;
  return `${typeof perMillion === "number" ? perMillion : perMillion.base}e-6`;
}
