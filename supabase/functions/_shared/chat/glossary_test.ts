import assert from "node:assert/strict";
import { createLogger } from "../platform/logger.ts";
import { sampleChatSchema } from "../testing/chat_corpus/chat_schema_sample.ts";
import { chooseExamples, suggestFollowUps } from "./examples.ts";
import { checkQuery } from "./gate/check_query.ts";
import { describeTerms, glossarySchema, recallGlossary } from "./glossary.ts";
import { askForSql } from "./prompts.ts";

const GREEN = {
  term: "green build",
  synonyms: ["grüner Build", "緑のビルド"],
  meaning: "A test run\nwithout a failed test.",
  owner_id: null,
};
const COUNT_GREEN = {
  id: 7,
  question: "How many green builds had checkout?",
  sql: "select count(*) as green_builds from test_runs where tests_failed = 0",
  note: "",
  owner_id: null,
};

async function recall(
  question: string,
  { terms = [GREEN], questions = [COUNT_GREEN], past = [] }: {
    terms?: readonly unknown[];
    questions?: readonly unknown[];
    past?: readonly string[];
  } = {},
) {
  const lines: string[] = [];
  const recalled = await recallGlossary(glossarySchema.parse({ terms, questions }), {
    accountId: "ada",
    question,
    past,
    schema: sampleChatSchema,
    checkQuery,
    log: createLogger({ name: "chat", write: (line) => lines.push(line) }),
  });
  return { recalled, lines };
}

const namesOf = async (...given: Parameters<typeof recall>) =>
  (await recall(...given)).recalled.terms.map(({ meaning }) => meaning);

Deno.test("a term is found by its name and synonyms, whatever their case, accents and plural", async () => {
  for (
    const question of [
      "How many Green Builds?",
      "Wie viele GRUNER BUILD gab es?",
      "Wie viele grüner builds gab es?",
      "先週の緑のビルドは?",
    ]
  ) {
    assert.deepEqual(await namesOf(question), [GREEN.meaning], question);
  }
  for (const question of ["Which evergreen builds failed?", "Are builds green?"]) {
    assert.deepEqual(await namesOf(question), [], question);
  }
});

Deno.test("a term that was asked about earlier in the conversation is recalled", async () => {
  assert.deepEqual(await namesOf("And by week?", { past: ["How many green builds?"] }), [
    GREEN.meaning,
  ]);
});

Deno.test("a user's own meaning comes before everybody's, and another user's is never shown", async () => {
  const own = { ...GREEN, meaning: "Ada's", owner_id: "ada" };
  const others = { ...GREEN, meaning: "Bob's", owner_id: "bob" };
  assert.deepEqual(await namesOf("green builds?", { terms: [others, own, GREEN] }), ["Ada's"]);
  const worked = { ...COUNT_GREEN, owner_id: "bob" };
  const { recalled } = await recall(COUNT_GREEN.question, { questions: [worked] });
  assert.deepEqual(recalled.examples, []);
});

Deno.test("a synonym leads to the worked question that uses the term", async () => {
  const { recalled } = await recall("Wie oft gab es einen grüner Build?");
  const examples = chooseExamples(sampleChatSchema, "einen grüner Build?", 4, recalled);
  assert.equal(examples.at(-1)?.question, COUNT_GREEN.question);
  const suggested = suggestFollowUps(sampleChatSchema, "Any green run?", [], 3, recalled);
  assert.ok(suggested.includes(COUNT_GREEN.question));
});

Deno.test("a worked question that was asked is not suggested again, in whatever words", async () => {
  const asked = "How many grüner Build had checkout?";
  const { recalled } = await recall(asked);
  assert.equal(recalled.examples.length, 1);
  const suggested = suggestFollowUps(sampleChatSchema, asked, [], 3, recalled);
  assert.ok(!suggested.includes(COUNT_GREEN.question));
});

Deno.test("a worked question that the gate refuses is left out and logged for the operator", async () => {
  const broken = { ...COUNT_GREEN, id: 8, sql: "select * from auth.users" };
  const { recalled, lines } = await recall("How many green builds?", {
    questions: [broken, COUNT_GREEN],
  });
  assert.deepEqual(recalled.examples.map(({ sql }) => sql), [COUNT_GREEN.sql]);
  assert.equal(lines.length, 1);
  const line = JSON.parse(lines[0] ?? "");
  assert.equal(line.worked_question, 8);
  assert.equal(line.faults[0].code, "chat.unknown_relation");
});

Deno.test("the model reads the terms of the question, one a line, after the relations", async () => {
  const { recalled } = await recall("green builds?");
  const [system] = askForSql(sampleChatSchema, [], [], "green builds?", recalled.terms);
  assert.ok(
    system?.content.endsWith(
      "\n- green build (also grüner Build, 緑のビルド): A test run without a failed test.",
    ),
    system?.content.slice(-200),
  );
  assert.equal(describeTerms([]), "");
});

Deno.test("a question that names many terms brings ten of them and six worked questions", async () => {
  const many = Array.from({ length: 30 }, (_, index) => `word${index}x`);
  const terms = many.map((term) => ({ ...GREEN, term, synonyms: [] }));
  const questions = many.map((word, id) => ({ ...COUNT_GREEN, id, question: `${word} checkout?` }));
  const { recalled } = await recall(`${many.join(" ")} checkout`, { terms, questions });
  assert.equal(recalled.terms.length, 10);
  assert.equal(recalled.examples.length, 6);
});
