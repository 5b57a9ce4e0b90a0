import { parseContestant } from "../models/contestant.ts";
import { boundTextTokens } from "../models/count_text_tokens.ts";
import { roomFor } from "../models/calls/reasoning.ts";
import { boundTokenCost, type TokenPrices } from "../models/token_prices.ts";
import { Problem } from "../platform/http/problem.ts";
import type { ChatMessage, ChatModel, ModelCall, TokenCounts } from "./chat_model.ts";
import type { ChatSchema } from "./chat_schema.ts";
import { addTokens, costOfSteps } from "./cost.ts";
import { FEW_SHOT_EXAMPLES } from "./examples.ts";
import { ModelError } from "./failures.ts";
import { describeTerms, type Glossary, MOST_RECALLED, toExample } from "./glossary.ts";
import { askForAnswer, askForSql, showExample, UNDERSTANDING_FORMAT } from "./prompts.ts";
import type { TelemetryRecord } from "./telemetry_log.ts";

/** Prices by model. Models without a price are missing. */
export type Prices = ReadonlyMap<string, TokenPrices>;

/** Most calls that write the statement of a question: the first, and two repairs. */
export const MAX_SQL_CALLS = 3;
/** Few-shot examples of a question. */
export const EXAMPLE_COUNT = 4;
/** Most output tokens of a statement and of an answer, without thinking. */
export const OUTPUT_TOKENS = { sql: 4000, response: 2000 } as const;

/** Most bytes of three earlier questions of 4,000 characters and of their answers' statements of 8 kB, as JSON. */
const HISTORY_BYTES = 3 * (12_000 + 2 * 8_192);
/** Most bytes that a repair adds: the reason, beside the refused statement. */
const REPAIR_BYTES = 8_000;
/** Most bytes of a statement and of the rows that the answer is written from. */
const RESULT_BYTES = 2 * 8_192 + 4 * 24_000;
/** Tokens that mark the beginning and end of a message. */
const MESSAGE_TOKENS = 16;
const FORMAT_TOKENS = boundTextTokens(JSON.stringify(UNDERSTANDING_FORMAT));

/** Question whose calls are to be bounded. */
export interface BoundedQuestion {
  readonly sqlModel: string;
  readonly responseModel: string;
  readonly schema: ChatSchema;
  readonly glossary: Glossary;
  readonly question: string;
  /** True if the question continues a conversation. */
  readonly hasHistory: boolean;
}

/** Returns the most USD that all calls for a question can cost, or null if a model has no price. */
export function boundQuestion(question: BoundedQuestion, prices: Prices): number | null {
  const sqlPrice = priceOf(prices, question.sqlModel);
  const responsePrice = priceOf(prices, question.responseModel);
  if (sqlPrice === undefined || responsePrice === undefined) return null;
  const added = boundGlossary(question.glossary);
  const asked = boundMessages(askForSql(question.schema, [], [], question.question)) +
    added.examples + added.terms +
    (question.hasHistory ? HISTORY_BYTES + 6 * MESSAGE_TOKENS : 0) + FORMAT_TOKENS;
  const outputTokens = roomFor({ id: question.sqlModel }, OUTPUT_TOKENS.sql);
  let usd = 0;
  for (let call = 0; call < MAX_SQL_CALLS; call++) {
    const inputTokens = asked + call * (OUTPUT_TOKENS.sql + REPAIR_BYTES);
    usd += boundTokenCost({ inputTokens, outputTokens }, sqlPrice);
  }
  const nothing = { columns: [], rows: [], row_count: 0, truncated: false };
  return usd + boundTokenCost({
    inputTokens: boundMessages(askForAnswer(question.question, "", nothing, "")) + added.terms +
      RESULT_BYTES,
    outputTokens: roomFor({ id: question.responseModel }, OUTPUT_TOKENS.response),
  }, responsePrice);
}

/** Bounds by glossary: the store keeps one for a minute and hands it to every question. */
const glossaryBounds = new WeakMap<
  Glossary,
  { readonly terms: number; readonly examples: number }
>();

/** Returns the most tokens of the terms and of the examples in a prompt. */
function boundGlossary(glossary: Glossary): { readonly terms: number; readonly examples: number } {
  const known = glossaryBounds.get(glossary);
  if (known !== undefined) return known;
  const terms = glossary.terms
    .map((term) => ({ term, tokens: boundTextTokens(describeTerms([term])) }))
    .sort((one, other) => other.tokens - one.tokens)
    .slice(0, MOST_RECALLED.terms)
    .map(({ term }) => term);
  const examples = [...FEW_SHOT_EXAMPLES, ...glossary.questions.map(toExample)]
    .map((example) => boundMessages(showExample(example)));
  const bounds = {
    terms: boundTextTokens(describeTerms(terms)),
    examples: EXAMPLE_COUNT * Math.max(...examples),
  };
  glossaryBounds.set(glossary, bounds);
  return bounds;
}

/** What a turn may spend. */
export interface Spending {
  readonly prices: Prices;
  /** The most USD that its calls may cost together; null for no limit. */
  readonly reservedUsd: number | null;
}

type Spent = {
  -readonly [Key in "sqlTokens" | "responseTokens" | "writtenOffUsd"]: TelemetryRecord[Key];
};

/**
 * Wraps a model so that the tokens of each call are added to `spent`, however the call ends. A call that
 * may have been charged but whose tokens nobody counted adds its upper bound to `writtenOffUsd`. No
 * call is made that might exceed what was reserved.
 *
 * @throws {Problem} `chat.budget_reached` instead of such a call.
 */
export function meterCalls(
  model: ChatModel,
  { prices, reservedUsd }: Spending,
  models: { readonly sqlModel: string; readonly responseModel: string },
  spent: Spent,
): ChatModel {
  const admit = (call: ModelCall): number => {
    const bound = boundCall(call, prices);
    const soFar = (costOfTokens(spent, models, prices) ?? 0) + spent.writtenOffUsd;
    if (reservedUsd !== null && soFar + bound > reservedUsd) {
      throw new Problem(
        "chat.budget_reached",
        "The question needs more than was reserved for it. Ask a shorter one, or in a new conversation.",
      );
    }
    return bound;
  };
  const charge = (
    step: "sqlTokens" | "responseTokens",
    usage: TokenCounts | null,
    bound: number,
    error: unknown,
  ) => {
    const counted = usage ?? (error instanceof ModelError ? error.usage : null);
    spent[step] = addTokens(spent[step], counted);
    const isFree = error instanceof ModelError && error.isFree;
    if (counted === null && !isFree) spent.writtenOffUsd += bound;
  };
  return {
    async fillIn(call, format, signal) {
      const bound = admit(call);
      let usage = null;
      let failure: unknown;
      try {
        const reply = await model.fillIn(call, format, signal);
        ({ usage } = reply);
        return reply;
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        charge("sqlTokens", usage, bound, failure);
      }
    },
    async *write(call, signal) {
      const bound = admit(call);
      let usage: TokenCounts | null = null;
      let failure: unknown;
      try {
        for await (const piece of model.write(call, signal)) {
          usage = piece.usage ?? usage;
          yield piece;
        }
      } catch (error) {
        failure = error;
        throw error;
      } finally {
        charge("responseTokens", usage, bound, failure);
      }
    },
  };
}

/** Returns the USD of the tokens counted so far; null if none were, or a model has no price. */
export function costOfTokens(
  { sqlTokens, responseTokens }: Pick<Spent, "sqlTokens" | "responseTokens">,
  { sqlModel, responseModel }: { readonly sqlModel: string; readonly responseModel: string },
  prices: Prices,
): number | null {
  return costOfSteps([
    { tokens: sqlTokens, price: priceOf(prices, sqlModel) },
    { tokens: responseTokens, price: priceOf(prices, responseModel) },
  ]);
}

/** Returns the most USD that a call can cost; 0 if its model has no price. */
function boundCall({ model, messages, maxOutputTokens }: ModelCall, prices: Prices): number {
  const price = priceOf(prices, model);
  const inputTokens = boundMessages(messages) + FORMAT_TOKENS;
  return price === undefined
    ? 0
    : boundTokenCost({ inputTokens, outputTokens: maxOutputTokens }, price);
}

function boundMessages(messages: readonly ChatMessage[]): number {
  return messages.reduce((sum, { content }) => sum + boundTextTokens(content) + MESSAGE_TOKENS, 0);
}

function priceOf(prices: Prices, model: string): TokenPrices | undefined {
  return prices.get(parseContestant(model).modelId);
}
