import assert from "node:assert/strict";
import { askForAnswer, askForRepair, askForSql } from "./prompts.ts";
import { chooseExamples, FEW_SHOT_EXAMPLES } from "./examples.ts";
import { glossarySchema, NOTHING_RECALLED, toExample } from "./glossary.ts";
import type { ChatMessage, ModelCall, ModelReply } from "./chat_model.ts";
import {
  boundQuestion,
  EXAMPLE_COUNT,
  MAX_SQL_CALLS,
  meterCalls,
  OUTPUT_TOKENS,
} from "./spending.ts";

const PRICE = { input: 1e-6, cached_input: 1e-7, output: 2e-6 };
const PRICES = new Map([["sql", PRICE], ["words", PRICE]]);
const MODELS = { sqlModel: "sql", responseModel: "words" };
const SCHEMA = {
  relations: [...new Set(FEW_SHOT_EXAMPLES.flatMap(({ relations }) => relations))]
    .map((name) => ({ name, comment: "Ünïcode.", columns: [] })),
};
/** The longest question, of characters with three bytes each. */
const LONGEST = "語".repeat(4_000);

const EMPTY = glossarySchema.parse({ terms: [], questions: [] });
/** The longest terms and worked questions that a prompt can hold, and shorter ones. */
const FULL = glossarySchema.parse({
  terms: Array.from({ length: 20 }, (_, index) => ({
    term: "語".repeat(100),
    synonyms: Array.from({ length: 5 }, () => "語".repeat(200)),
    meaning: "語".repeat(index < 10 ? 500 : 10),
    owner_id: null,
  })),
  questions: Array.from({ length: 10 }, (_, id) => ({
    id,
    question: "語".repeat(500),
    sql: '"'.repeat(id < 4 ? 8_000 : 10),
    note: "語".repeat(300),
    owner_id: null,
  })),
});

function callOf(model: string, messages: ChatMessage[], maxOutputTokens: number): ModelCall {
  return { model, messages, maxOutputTokens, conversationId: "c", questionId: "q" };
}

Deno.test("what is reserved for a question pays for its dearest calls, whose tokens nobody counted", async (t) => {
  await t.step("without a glossary", () => spendAll(EMPTY));
  await t.step("with the longest terms and worked questions", () => spendAll(FULL));
});

async function spendAll(glossary: typeof FULL): Promise<void> {
  const bound = boundQuestion(
    { ...MODELS, schema: SCHEMA, glossary, question: LONGEST, hasHistory: true },
    PRICES,
  );
  assert.ok(bound !== null);
  const spent = { sqlTokens: null, responseTokens: null, writtenOffUsd: 0 };
  const reply: ModelReply = { id: null, text: "x", usage: null };
  const model = meterCalls(
    {
      fillIn: () => Promise.resolve(reply),
      async *write() {
        yield await Promise.resolve(reply);
      },
    },
    { prices: PRICES, reservedUsd: bound },
    MODELS,
    spent,
  );
  const history = Array.from({ length: 3 }, () => [
    { role: "user" as const, content: LONGEST, sql: null },
    { role: "assistant" as const, content: "", sql: '"'.repeat(8_192) },
  ]).flat();
  const recalled = {
    ...NOTHING_RECALLED,
    terms: glossary.terms.slice(0, 10),
    examples: glossary.questions.slice(0, 6).map(toExample),
  };
  const examples = chooseExamples(SCHEMA, LONGEST, EXAMPLE_COUNT, recalled);
  let messages = askForSql(SCHEMA, examples, history, LONGEST, recalled.terms);
  const signal = new AbortController().signal;
  for (let call = 0; call < MAX_SQL_CALLS; call++) {
    await model.fillIn(
      callOf("sql", messages, OUTPUT_TOKENS.sql),
      { name: "u", schema: {} },
      signal,
    );
    messages = [...messages, ...askForRepair("x".repeat(4_000), "y".repeat(7_000))];
  }
  const rows = Array.from({ length: 100 }, () => ["語".repeat(237)]);
  const result = { columns: [], rows, row_count: 100, truncated: false };
  const answer = askForAnswer(LONGEST, "s".repeat(8_192), result, "fence", recalled.terms);
  await Array.fromAsync(model.write(callOf("words", answer, OUTPUT_TOKENS.response), signal));
  assert.ok(
    spent.writtenOffUsd > 0.8 * bound && spent.writtenOffUsd <= bound,
    "not far above, either",
  );
}

Deno.test("a question cannot be bounded if one of its models has no price", () => {
  const question = {
    ...MODELS,
    schema: SCHEMA,
    glossary: EMPTY,
    question: "Which?",
    hasHistory: false,
  };
  assert.equal(boundQuestion(question, new Map([["sql", PRICE]])), null);
  assert.equal(boundQuestion(question, new Map([["words", PRICE]])), null);
});
