import type { RunParameters } from "../calls/parameters.ts";
import { roomFor } from "../calls/reasoning.ts";

/** Without a limit no call would have a price that it cannot exceed. */
const MOST_ANSWER_TOKENS = 2_048;
/** A grade is a sentence and a number. */
const GRADE_TOKENS = 1_024;

/** Largest numbers of tokens in an answer, thinking included. */
export interface AnswerLimit {
  readonly limit: number;
  /** Limit of a second call, used if ours ended the first. Null if the caller set the limit. */
  readonly raised: number | null;
}

/** Returns the limit that the caller set, or ours with room to think where the model does. */
export function limitAnswer(model: string, { max_tokens }: RunParameters): AnswerLimit {
  return max_tokens === undefined
    ? limitWithRoom(model, MOST_ANSWER_TOKENS)
    : { limit: max_tokens, raised: null };
}

/** Returns the most that a grader may write: its grade, and before it what it thinks. */
export function limitGrade(model: string): AnswerLimit {
  return limitWithRoom(model, GRADE_TOKENS);
}

/** Returns our limit for an answer of `tokens`, and twice as much for a second call. */
export function limitWithRoom(model: string, tokens: number): AnswerLimit & { raised: number } {
  const limit = roomFor({ id: model }, tokens);
  return { limit, raised: 2 * limit };
}
