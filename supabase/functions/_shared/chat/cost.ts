import { priceTokens, type TokenPrices } from "../models/token_prices.ts";
import type { TokenCounts } from "./ports.ts";

/** What a step used, and what its model costs. */
export interface StepUsage {
  /** Null for a step that was not taken, or not counted by the provider. */
  readonly tokens: TokenCounts | null;
  /** Undefined where the model has none. */
  readonly price: TokenPrices | undefined;
}

/**
 * USD of all steps together, or null where nothing was counted or a counted step has no price: what is
 * unknown is not free. The calls of a step are priced as one, since none is long enough for the prices of
 * long inputs.
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

/** Two counts of the same step together. */
export function addTokens(one: TokenCounts | null, other: TokenCounts | null): TokenCounts | null {
  if (one === null || other === null) return one ?? other;
  return {
    inputTokens: one.inputTokens + other.inputTokens,
    outputTokens: one.outputTokens + other.outputTokens,
    cachedTokens: one.cachedTokens + other.cachedTokens,
  };
}
