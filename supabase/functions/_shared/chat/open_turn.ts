import { Problem, rateLimited } from "../platform/http/problem.ts";
import type { Logger } from "../platform/logger.ts";
import type { Asker } from "./asker.ts";
import type { ChatSchema } from "./chat_schema.ts";
import type { Glossary } from "./glossary.ts";
import { boundQuestion, type Spending } from "./spending.ts";
import type { BegunTurn, ChatStore, OverBudget } from "./store.ts";

/** Question to open a turn for. */
export interface Asked {
  readonly asker: Asker;
  /** Null starts a conversation. */
  readonly conversationId: string | null;
  readonly question: string;
}

/** Limits and models that a question is admitted by. */
export interface Admission {
  readonly sqlModel: string;
  readonly responseModel: string;
  readonly maxQuestionsPerMinute: number;
}

/** Question that was accepted and stored, and what answering it may cost. */
export interface OpenedTurn extends Spending {
  readonly begun: BegunTurn;
  readonly schema: ChatSchema;
  readonly glossary: Glossary;
}

/**
 * Stores a question and reserves the most that its calls can cost, in one transaction.
 *
 * @throws {Problem} `request.rate_limited`, `chat.budget_reached` or `chat.price_unknown`; nothing is
 * stored then.
 */
export async function openTurn(
  store: ChatStore,
  asked: Asked,
  admission: Admission,
  log: Logger,
): Promise<OpenedTurn> {
  const [schema, prices, glossary] = await Promise.all([
    store.schema(),
    store.prices(),
    store.glossary(),
  ]);
  const { asker, conversationId, question } = asked;
  const hasHistory = conversationId !== null;
  const reservedUsd = boundQuestion(
    { ...admission, schema, glossary, question, hasHistory },
    prices,
  );
  const begun = await store.begin(
    asker,
    conversationId,
    question,
    admission.maxQuestionsPerMinute,
    reservedUsd,
  );
  if ("retry_after_seconds" in begun) throw rateLimited(begun.retry_after_seconds);
  if ("over_budget" in begun) throw overBudget(begun.over_budget, admission, log);
  return { begun, schema, glossary, prices, reservedUsd };
}

function overBudget(refusal: OverBudget, { sqlModel, responseModel }: Admission, log: Logger) {
  if (refusal.scope === "unpriced") {
    log.error(
      "question was refused: add the models' prices to model_prices, or remove both ceilings",
      {
        models: [sqlModel, responseModel],
      },
    );
    return new Problem(
      "chat.price_unknown",
      "A model of the chat has no price, so its spending ceilings cannot be kept. Tell the operator.",
    );
  }
  const { scope, ceiling_usd, used_usd, bound_usd, resets_at, retry_after_seconds } = refusal;
  log.warn("question was refused: a ceiling in private.chat_settings is reached", {
    scope,
    ceiling_usd,
    used_usd,
    bound_usd,
  });
  const isOwn = scope === "user_day";
  const budget = isOwn
    ? "Your budget for questions of this day"
    : "The chat's budget of this month";
  const isPassing = used_usd + bound_usd <= ceiling_usd;
  const detail = isPassing
    ? `${budget} is held by questions that are being answered. Ask again in ${retry_after_seconds} s.`
    : `${budget} is used up. It starts again at ${resets_at}.`;
  return new Problem("chat.budget_reached", detail, {
    headers: { "retry-after": String(retry_after_seconds) },
    members: {
      scope,
      resets_at,
      retry_after_seconds,
      // The project's figures are the operator's.
      ...isOwn ? { ceiling_usd, used_usd, bound_usd } : {},
    },
  });
}
