import assert from "node:assert/strict";
import { sampleChatSchema } from "../../supabase/functions/_shared/testing/chat_corpus/chat_schema_sample.ts";
import {
  chooseExamples,
  FEW_SHOT_EXAMPLES,
  suggestFollowUps,
} from "../../supabase/functions/_shared/chat/examples.ts";
import { readCases } from "./evaluate.ts";

Deno.test("the evaluated questions are unique, and none is a few-shot example", async () => {
  const questions = [...await readCases(), ...FEW_SHOT_EXAMPLES].map(({ question }) => question);
  assert.ok(questions.length > 100);
  assert.equal(new Set(questions).size, questions.length);
});

Deno.test("60 of 150 questions need joins, windows or gaps, each with wrong statements to tell apart", async () => {
  const cases = await readCases();
  assert.equal(cases.length, 150);
  const hard = cases.filter(({ kind }) => kind !== "plain");
  assert.equal(hard.length, 60);
  for (const { question, wrong } of hard) assert.ok(wrong.length >= 2, question);
});

/** Subjects, by the names of their relations. */
const KINDS = [/^(benchmark|model)/, /^(prompt|dataset)/, /^(test|issue)/];

Deno.test("the model is shown an example of the question's own subject", async () => {
  const missed: string[] = [];
  for (const { question, sql } of await readCases()) {
    const read = sampleChatSchema.relations.map(({ name }) => name)
      .filter((name) => new RegExp(`\\b(?:from|join) ${name}\\b`).test(sql));
    const kind = KINDS.find((kind) => read.some((name) => kind.test(name)));
    assert.ok(kind, question);
    const shown = chooseExamples(sampleChatSchema, question, 4);
    if (!shown.some(({ relations }) => relations.some((name) => kind.test(name)))) {
      missed.push(question);
    }
  }
  assert.deepEqual(missed, []);
});

Deno.test("after a question about tests, questions about tests are suggested", () => {
  const relations = suggestFollowUps(sampleChatSchema, "Which tests failed most recently?", [], 3)
    .map((question) =>
      FEW_SHOT_EXAMPLES.find((example) => example.question === question)?.relations ?? []
    );
  assert.equal(relations.length, 3);
  for (const names of relations) assert.ok(names.some((name) => /^(test|issue)/.test(name)));
});
