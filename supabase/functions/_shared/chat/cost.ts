import type { ModelPrice, TokenCounts } from "./ports.ts";

/**
 * USD of a step, or null where its model has no price. Cached tokens are part of the input tokens. A
 * step without tokens cost nothing that we know of.
 */
export function costOfStep(
  tokens: TokenCounts | null,
  price: ModelPrice | undefined,
): number | null {
  if (tokens === null) return 0;
  if (price === undefined) return null;
  return ((tokens.inputTokens - tokens.cachedTokens) * price.input +
    tokens.cachedTokens * price.cachedInput + tokens.outputTokens * price.output) / 1e6;
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
