import { roomFor } from "../models/reasoning.ts";
import type { RunParameters } from "./config.ts";

/** Without a limit no call would have a price that it cannot exceed. */
const MOST_ANSWER_TOKENS = 2_048;

/** How many tokens an answer may have, thinking included. */
export interface AnswerLimit {
  readonly limit: number;
  /** Of a second call where that is our limit and ended the first; null where the caller set it. */
  readonly raised: number | null;
}

/** Returns the limit that the caller set, or ours with room to think where the model does. */
export function limitAnswer(model: string, { max_tokens }: RunParameters): AnswerLimit {
  if (max_tokens !== undefined) return { limit: max_tokens, raised: null };
  const limit = roomFor({ id: model }, MOST_ANSWER_TOKENS);
  return { limit, raised: 2 * limit };
}
