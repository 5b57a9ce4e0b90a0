import assert from "node:assert/strict";
import { askForAnswer, askForRepair, askForSql } from "./prompts.ts";
import { chooseExamples, FEW_SHOT_EXAMPLES } from "./examples.ts";
import { glossarySchema, longestRecall } from "./glossary.ts";
import type { ChatMessage, ModelCall, ModelReply } from "./chat_model.ts";
import {
  boundQuestion,
  EXAMPLE_COUNT,
  MAX_SQL_CALLS,
  meterCalls,
  OUTPUT_TOKENS,
} from "./spending.ts";

const LONGEST_WORKED = "語".repeat(500);
const PRICE = { input: 1e-6, cached_input: 1e-7, output: 2e-6 };
const PRICES = new Map([["sql", PRICE], ["words", PRICE]]);
const MODELS = { sqlModel: "sql", responseModel: "words" };
const SCHEMA = {
  relations: [...new Set(FEW_SHOT_EXAMPLES.flatMap(({ relations }) => relations))]
    .map((name) => ({ name, comment: "Ünïcode.", columns: [] })),
};
/** A glossary of which everything may be recalled. */
const GLOSSARY = glossarySchema.parse({
  terms: Array.from({ length: 10 }, (_, index) => ({
    term: `term ${index}`,
    synonyms: ["語".repeat(100)],
    meaning: "語".repeat(500),
    owner_id: null,
  })),
  questions: [{
    id: 1,
    question: LONGEST_WORKED,
    sql: "x".repeat(8_000),
    note: "",
    owner_id: null,
  }],
});
/** The longest question, of characters with three bytes each. */
const LONGEST = "語".repeat(4_000);

function callOf(model: string, messages: ChatMessage[], maxOutputTokens: number): ModelCall {
  return { model, messages, maxOutputTokens, conversationId: "c", questionId: "q" };
}

Deno.test("what is reserved for a question pays for its dearest calls, whose tokens nobody counted", async () => {
  const bound = boundQuestion(
    { ...MODELS, schema: SCHEMA, question: LONGEST, glossary: GLOSSARY, hasHistory: true },
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
  const examples = chooseExamples(SCHEMA, LONGEST, EXAMPLE_COUNT);
  const { terms, examples: taught } = longestRecall(GLOSSARY);
  let messages = askForSql(SCHEMA, [...examples, ...taught], history, LONGEST, terms);
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
  const answer = askForAnswer(LONGEST, "s".repeat(8_192), result, "fence", terms);
  await Array.fromAsync(model.write(callOf("words", answer, OUTPUT_TOKENS.response), signal));
  assert.ok(
    spent.writtenOffUsd > 0.8 * bound && spent.writtenOffUsd <= bound,
    "not far above, either",
  );
});

Deno.test("a question cannot be bounded if one of its models has no price", () => {
  const question = {
    ...MODELS,
    schema: SCHEMA,
    question: "Which?",
    glossary: GLOSSARY,
    hasHistory: false,
  };
  assert.equal(boundQuestion(question, new Map([["sql", PRICE]])), null);
  assert.equal(boundQuestion(question, new Map([["words", PRICE]])), null);
});
