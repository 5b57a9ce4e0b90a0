import { roundUsd } from "../../platform/round_usd.ts";
import type { Answer, CompletionOutcome, Rejection } from "./model_provider.ts";

/**
 * Tells whether an answer ended at the limit of tokens that was sent, and not at a lower one of the
 * model's own. An empty one did: that all of it was thinking is no reason for a model to stop.
 */
export function endedAtLimit({ ending, text, usage }: Answer, limit: number): boolean {
  if (ending !== "length") return false;
  // Some providers stop a few tokens short, and some do not count the thinking.
  return text === "" || usage === null || usage.outputTokens >= 0.9 * limit;
}

/** Returns what came of a request whose answer our raised limit ended as well. */
export function cutByLimit({ cost, served = null }: Answer, limit: number): Rejection {
  return {
    kind: "rejected",
    reason: "cut_by_limit",
    message: `Our limit of ${limit} tokens ended the answer, though it had been raised: ` +
      "that says nothing about the model.",
    charge: "unknown",
    cost,
    served,
  };
}

/**
 * Adds what an earlier call for the same answer cost, in USD; what is unknown of either is unknown of
 * both.
 */
export function addCost(outcome: CompletionOutcome, spent: number | null): CompletionOutcome {
  if (outcome.kind === "fatal" || spent === 0) return outcome;
  const own = outcome.cost ?? (outcome.kind !== "answer" && outcome.charge === "none" ? 0 : null);
  const cost = own === null || spent === null ? null : roundUsd(own + spent);
  return outcome.kind === "answer" ? { ...outcome, cost } : { ...outcome, charge: "unknown", cost };
}
