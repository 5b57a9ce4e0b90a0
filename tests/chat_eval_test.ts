// The harness of `deno task eval:chat`, over its rows and with the simulated model.
import assert from "node:assert/strict";
import { openEvaluation, readCases, seed } from "../scripts/eval/evaluate.ts";
import { startOpenAiService } from "../scripts/services/openai/server.ts";
import { startTestDatabase } from "../scripts/testing/database.ts";
import { createChatModel } from "../supabase/functions/_shared/chat/chat_model.ts";

/** Statements that the simulated model writes, by question. */
const WRITTEN = {
  "List the names of my complete benchmarks, the latest first.":
    "select name from benchmarks where status = 'complete' order by completed_at",
  "How many of my benchmarks are complete?": "select email from auth.users",
  "What is still running?": null,
};

const database = await startTestDatabase();
await seed(database.sql);
const service = await startOpenAiService({
  behaviour: { firstTokenMs: 0, tokenMs: 0 },
  questions: Object.entries(WRITTEN).map(([question, sql]) => ({
    question,
    sql: sql === null ? [] : [sql],
  })),
});
const evaluation = openEvaluation(
  database.url,
  createChatModel({
    provider: "openai",
    endpoint: { baseUrl: service.baseUrl, apiKey: null },
    timeoutMs: 10_000,
  }),
  "openai/gpt-6-luna",
);
const cases = await readCases();
Deno.test.afterAll(async () => {
  await evaluation[Symbol.asyncDispose]();
  await service.stop();
  await database[Symbol.asyncDispose]();
});

async function ask(question: string) {
  const given = cases.find((candidate) => candidate.question === question);
  assert.ok(given, question);
  return await evaluation.ask(given);
}

Deno.test("every right statement passes the gate, and its rows differ from those of the wrong ones", async () => {
  const faults: string[] = [];
  for (const given of cases) faults.push(...await evaluation.audit(given));
  assert.deepEqual(faults, []);
});

Deno.test("a right answer counts as right, with its cost and without repairs", async () => {
  const { area, outcome, repairs, costUsd } = await ask("How many benchmarks have I ordered?");
  assert.deepEqual({ area, outcome, repairs }, {
    area: "benchmarks",
    outcome: "right",
    repairs: 0,
  });
  assert.ok(costUsd !== null && costUsd > 0 && costUsd < 0.01);
});

Deno.test("rows in the wrong order, refused statements and a question taken for off topic are told apart", async () => {
  const [order, refused, offTopic] = Object.keys(WRITTEN);
  assert.equal((await ask(order ?? "")).outcome, "wrong");
  const { outcome, repairs, fault } = await ask(refused ?? "");
  assert.deepEqual({ outcome, repairs }, { outcome: "refused", repairs: 2 });
  assert.match(fault ?? "", /auth/);
  assert.equal((await ask(offTopic ?? "")).outcome, "off_topic");
});

Deno.test("the model reads the asking user's words with the question, and no other user's", async () => {
  const question = cases.find(({ question }) => question.includes("Hausmodell"))?.question ?? "";
  assert.equal((await ask(question)).outcome, "right");
  const prompt = JSON.stringify(service.requests().at(-1));
  assert.match(prompt, /- house model \(also Hausmodell, default model\): GPT-6 Luna/);
  assert.doesNotMatch(prompt, /GPT-5\.4 Nano: model_id|green build/);
  await ask("How much burnt money was there with each provider of models in benchmarks?");
  assert.match(JSON.stringify(service.requests().at(-1)), /What did waste come to in each month\?/);
});
