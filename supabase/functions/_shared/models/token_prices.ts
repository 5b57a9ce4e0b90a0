import { z } from "zod";

const usdPerToken = z.number().nonnegative();
const rates = { input: usdPerToken, cached_input: usdPerToken, output: usdPerToken };

/**
 * Prices of a long call. They hold for all tokens of a call with more than `above` input tokens.
 */
export const longContextSchema = z.object({ above: z.int().positive(), ...rates });
export type LongContextPrices = z.output<typeof longContextSchema>;

/** Prices of a model, in USD per token. */
export const tokenPricesSchema = z.object({
  ...rates,
  /** Prices of long calls. Null or absent if the length of the input does not change the price. */
  long_context: longContextSchema.nullable().exactOptional(),
});
export type TokenPrices = z.output<typeof tokenPricesSchema>;

/** Tokens of one call. */
export interface PricedTokens {
  /** All input, cached and cache-written tokens included. Decides whether a call is long. */
  readonly inputTokens: number;
  /** Part of the input: read from the provider's cache. */
  readonly cachedTokens: number;
  /** Part of the input: written to the provider's cache. Absent for none. */
  readonly cacheWriteTokens?: number;
  /** Thinking included. */
  readonly outputTokens: number;
}

/** Price of a token written to the provider's cache, as a multiple of an uncached one. */
const CACHE_WRITE_FACTOR = 1.25;

/**
 * Returns the USD of one call.
 *
 * @example
 * const long_context = { above: 200_000, input: 4e-6, cached_input: 4e-7, output: 18e-6 };
 * const prices = { input: 2e-6, cached_input: 2e-7, output: 12e-6, long_context };
 * priceTokens({ inputTokens: 200_000, cachedTokens: 0, outputTokens: 0 }, prices); // 0.4
 * priceTokens({ inputTokens: 200_001, cachedTokens: 0, outputTokens: 0 }, prices); // 0.800004
 */
export function priceTokens(tokens: PricedTokens, prices: TokenPrices): number {
  const { inputTokens, cachedTokens, cacheWriteTokens = 0, outputTokens } = tokens;
  const { long_context = null } = prices;
  const rate = long_context !== null && inputTokens > long_context.above ? long_context : prices;
  return (inputTokens - cachedTokens - cacheWriteTokens) * rate.input +
    cachedTokens * rate.cached_input +
    cacheWriteTokens * rate.input * CACHE_WRITE_FACTOR +
    outputTokens * rate.output;
}

/** Returns the most USD that a call without caching costs if it has at most these tokens. */
export function boundTokenCost(
  most: { readonly inputTokens: number; readonly outputTokens: number },
  prices: TokenPrices,
): number {
  const priceOf = (inputTokens: number) =>
    priceTokens({ ...most, inputTokens, cachedTokens: 0 }, prices);
  const { above = Infinity } = prices.long_context ?? {};
  // Long calls may be cheaper than short ones.
  return Math.max(priceOf(most.inputTokens), priceOf(Math.min(most.inputTokens, above)));
}
