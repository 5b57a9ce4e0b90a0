import assert from "node:assert/strict";
import { sampleChatSchema } from "../testing/chat_corpus/chat_schema_sample.ts";
import { chooseExamples, FEW_SHOT_EXAMPLES, suggestFollowUps } from "./examples.ts";

Deno.test("every relation of the chat is read by a few-shot example", () => {
  const read = new Set(FEW_SHOT_EXAMPLES.flatMap(({ relations }) => relations));
  const unread = sampleChatSchema.relations.map(({ name }) => name).filter((name) =>
    !read.has(name)
  );
  assert.deepEqual(unread, [], "write an example for these in chat/examples/");
});

Deno.test("chooseExamples() puts the example nearest to the question last", () => {
  const examples = chooseExamples(sampleChatSchema, "cheapest model per correct field", 4);
  assert.equal(examples.length, 4);
  assert.equal(
    examples.at(-1)?.question,
    "Which model was cheapest per correct field last week?",
  );
});

Deno.test("an example of a relation that does not exist is neither chosen nor suggested", () => {
  const schema = { relations: [{ name: "models", comment: null, columns: [] }] };
  for (const example of chooseExamples(schema, "What did each benchmark cost?", 10)) {
    assert.deepEqual(example.relations, ["models"]);
  }
  assert.deepEqual(suggestFollowUps({ relations: [] }, "anything", [], 3), []);
});

Deno.test("suggestFollowUps() suggests no question that was asked in the conversation", () => {
  const asked = FEW_SHOT_EXAMPLES.slice(0, 5).map(({ question }) => question);
  const history = asked.map((content) => ({ role: "user" as const, content, sql: null }));
  const suggested = suggestFollowUps(
    sampleChatSchema,
    "Which fields are most often wrong",
    history,
    3,
  );
  assert.equal(new Set(suggested).size, 3);
  for (const question of suggested) assert.ok(!asked.includes(question), question);
});
