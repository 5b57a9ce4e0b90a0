/**
 * Token limits of answers. Every call has one, since a call without a limit has no maximum price.
 * If our limit ends an answer, the call is made once more with the raised limit. If that one ends
 * the answer too, the call counts for nothing, since our limit says nothing about the model.
 */
import { roundUsd } from "../../platform/round_usd.ts";
import type { Answer, CompletionOutcome, Rejection } from "./model_call.ts";
import type { RunParameters } from "./parameters.ts";
import { roomFor } from "./reasoning.ts";

/** Tokens for an answer without thinking, if the caller sets no limit. */
const MOST_ANSWER_TOKENS = 2_048;
/** Tokens for a grade, which is a sentence and a number. */
const GRADE_TOKENS = 1_024;

/** Largest numbers of tokens in an answer, thinking included. */
export interface AnswerLimit {
  readonly limit: number;
  /** Limit of a second call, used if ours ended the first. Null if the caller set the limit. */
  readonly raised: number | null;
}

/** Returns the caller's limit, or ours with room to think if the model does. */
export function limitAnswer(model: string, { max_tokens }: RunParameters): AnswerLimit {
  return max_tokens === undefined
    ? limitWithRoom(model, MOST_ANSWER_TOKENS)
    : { limit: max_tokens, raised: null };
}

/** Returns the limit for a grade, with room to think if the grader does. */
export function limitGrade(model: string): AnswerLimit {
  return limitWithRoom(model, GRADE_TOKENS);
}

/**
 * Returns our limit for an answer of `tokens` with room to think, and twice as much for a second
 * call.
 */
export function limitWithRoom(model: string, tokens: number): AnswerLimit & { raised: number } {
  const limit = roomFor({ id: model }, tokens);
  return { limit, raised: 2 * limit };
}

/**
 * Returns true if an answer ended at the token limit that was sent, and not at a lower one of the
 * model's own. An empty answer did: a model does not stop by itself after thinking alone.
 */
export function endedAtLimit({ ending, text, usage }: Answer, limit: number): boolean {
  if (ending !== "length") return false;
  // Some providers stop a few tokens short, and some do not count the thinking.
  return text === "" || usage === null || usage.outputTokens >= 0.9 * limit;
}

/** Returns the outcome of a call whose answer our raised limit ended as well. */
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
 * Adds the cost of an earlier call for the same answer, in USD. The sum is unknown (null) if either
 * part is.
 */
export function addCost(outcome: CompletionOutcome, spent: number | null): CompletionOutcome {
  if (outcome.kind === "fatal" || spent === 0) return outcome;
  const own = outcome.cost ?? (outcome.kind !== "answer" && outcome.charge === "none" ? 0 : null);
  const cost = own === null || spent === null ? null : roundUsd(own + spent);
  return outcome.kind === "answer" ? { ...outcome, cost } : { ...outcome, charge: "unknown", cost };
}
