import { calcPrice, type ModelPrice } from "@pydantic/genai-prices";
import { flattenTiers, type ListedRates } from "./flatten_tiers.ts";
import type { FindPrices } from "./match_models.ts";

/**
 * Finds a price in `@pydantic/genai-prices`, which is updated on npm and dates its prices. Its
 * tiers, like ours, price a whole call that has more than `start` input tokens.
 *
 * @param provider its id in that package: `openai`, `google`, …
 */
export const findDatedPrices: FindPrices = (provider, model, at) => {
  const usage = { input_tokens: 1, output_tokens: 1 };
  const found = calcPrice(usage, model, { providerId: provider, timestamp: at });
  if (found === null) return null;
  const base = readRates(found.model_price, 0);
  if (base === null) return null;
  const starts = Object.values(found.model_price).flatMap((price) =>
    typeof price === "object" ? price.tiers.map(({ start }) => start) : []
  );
  const tiers = [...new Set(starts)].flatMap((above) => {
    const rates = readRates(found.model_price, above + 1);
    return rates === null ? [] : [{ above, ...rates }];
  });
  return { ...base, longContext: flattenTiers(base, tiers) };
};

/** Reads the prices of a call with `inputTokens`. */
function readRates(prices: ModelPrice, inputTokens: number): ListedRates | null {
  const usdPerToken = (price: ModelPrice[string]) => {
    if (price === undefined) return null;
    if (typeof price === "number") return `${price}e-6`;
    const tier = price.tiers.findLast(({ start }) => inputTokens > start);
    return `${tier?.price ?? price.base}e-6`;
  };
  const [input, output] = [usdPerToken(prices.input_mtok), usdPerToken(prices.output_mtok)];
  if (input === null || output === null) return null;
  return { input, output, cachedInput: usdPerToken(prices.cache_read_mtok) ?? input };
}
