import { z } from "zod";
import type { Logger } from "../platform/logger.ts";
import { describeMember } from "../platform/http/authenticate_member.ts";
import { answerQuestion } from "./answer_question.ts";
import type { Asker } from "./asker.ts";
import type { ChatEvent } from "./events.ts";
import { openTurn } from "./open_turn.ts";
import type { TurnDeps } from "./turn.ts";

/** A question as a client sends it. Without a conversation it starts one. */
export const questionSchema = z.strictObject({
  conversation_id: z.guid().optional(),
  question: z.string().trim().min(1).max(4000)
    .refine((text) => !text.includes("\0"), "Text must not contain U+0000."),
});

/** Dependencies of {@link askQuestion}. */
export interface AskDeps extends TurnDeps {
  /** Limit of one user. */
  readonly maxQuestionsPerMinute: number;
}

/** A question, before it is accepted. */
export interface AskedQuestion {
  readonly asker: Asker;
  /** Null starts a new conversation. */
  readonly conversationId: string | null;
  readonly question: string;
  readonly requestId: string;
  /** Path of the request. */
  readonly instance: string;
  readonly log: Logger;
}

/** Question that was stored, with the events of its answer. */
export interface AcceptedQuestion {
  readonly conversationId: string;
  /** Have to be read to their end: see {@link answerQuestion}. */
  readonly events: AsyncGenerator<ChatEvent>;
}

/**
 * Counts and stores a question, and reserves what it can cost.
 *
 * @param signal stops the work on the answer.
 * @throws {Problem} `request.rate_limited`, `chat.budget_reached`, `chat.price_unknown`;
 * `resource.not_found` for a conversation that is not the account's; `database.unavailable`.
 */
export async function askQuestion(
  deps: AskDeps,
  { conversationId, ...asked }: AskedQuestion,
  signal: AbortSignal,
): Promise<AcceptedQuestion> {
  const arrivedAt = deps.now();
  const { asker, question } = asked;
  const opened = await openTurn(deps.store, { asker, conversationId, question }, {
    ...deps.settings,
    maxQuestionsPerMinute: deps.maxQuestionsPerMinute,
  }, asked.log);
  const { conversation_id } = opened.begun;
  const log = asked.log.with({ ...describeMember(asker), conversation_id });
  return {
    conversationId: conversation_id,
    events: answerQuestion(deps, { ...asked, ...opened, arrivedAt, log }, signal),
  };
}
