import { priceTokens, type TokenPrices } from "../models/token_prices.ts";
import type { TokenCounts } from "./chat_model.ts";

/** Tokens of a step and the price of its model. */
export interface StepUsage {
  /** Null for a step that was not reached, or that the provider did not count. */
  readonly tokens: TokenCounts | null;
  /** Undefined if the model has no price. */
  readonly price: TokenPrices | undefined;
}

/**
 * Returns the cost of all steps in USD. Returns null if no step was counted or a counted step has no
 * price: an unknown cost is not zero. The calls of a step are priced as one, since none is long enough
 * for the prices of long inputs.
 */
export function costOfSteps(steps: readonly StepUsage[]): number | null {
  let usd: number | null = null;
  for (const { tokens, price } of steps) {
    if (tokens === null) continue;
    if (price === undefined) return null;
    usd = (usd ?? 0) + priceTokens(tokens, price);
  }
  return usd;
}

/** Adds up the tokens of two calls of the same step. */
export function addTokens(one: TokenCounts | null, other: TokenCounts | null): TokenCounts | null {
  if (one === null || other === null) return one ?? other;
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    cachedTokens: one.cachedTokens + other.cachedTokens,
  };
}
