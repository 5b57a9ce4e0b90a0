import type { ModelPrice, TokenCounts } from "./ports.ts";

/** What a step used, and what its model costs. */
export interface StepUsage {
  /** Null for a step that was not taken, or not counted by the provider. */
  readonly tokens: TokenCounts | null;
  /** Undefined where the model has none. */
  readonly price: ModelPrice | undefined;
}

/**
 * USD of all steps together, or null where nothing was counted or a counted step has no price: what is
 * unknown is not free. Cached tokens are part of the input tokens.
 */
export function costOfSteps(steps: readonly StepUsage[]): number | null {
  let usd: number | null = null;
  for (const { tokens, price } of steps) {
    if (tokens === null) continue;
    if (price === undefined) return null;
    usd = (usd ?? 0) + ((tokens.inputTokens - tokens.cachedTokens) * price.input +
          tokens.cachedTokens * price.cachedInput + tokens.outputTokens * price.output) / 1e6;
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
