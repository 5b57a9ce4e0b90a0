import assert from "node:assert/strict";
import { startTestDatabase } from "../../../../../scripts/testing/database.ts";
import { connectDatabase } from "../../platform/database.ts";
import { createDraftStore } from "./draft_store.ts";
import { createModelCatalogue } from "./model_catalogue.ts";

const database = await startTestDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

Deno.test("the first query of a new isolate can have an array parameter", async () => {
  const sql = connectDatabase(database.url, { name: "catalogue-test" });
  try {
    const found = await createModelCatalogue(sql).findModels(["openai/gpt-6-luna", "nobody/none"]);
    assert.deepEqual(found.map(({ id }) => id), ["openai/gpt-6-luna"]);
  } finally {
    await sql.end();
  }
});

Deno.test("the first statement of a new isolate can store a draft", async () => {
  const [owner] = await database.sql<[{ id: string }]>`
    insert into auth.users (id, email) values (gen_random_uuid(), 'first@example.com') returning id`;
  const sql = connectDatabase(database.url, { name: "draft-test" });
  try {
    const drafts = createDraftStore(sql);
    const id = crypto.randomUUID();
    const kept = await drafts.keepDraft(id, owner.id, {
      prompt: "Read the receipt.",
      json_schema: { type: "object" },
      images: [{ path: `${owner.id}/a.png`, expected: {} }],
      model_ids: ["openai/gpt-6-luna", "openai/gpt-6-sol"],
      priorities: ["speed", "cost", "accuracy"],
      runs_per_model: 1,
      strategy: "full",
      minimum_accuracy: 50,
      data_collection: "deny",
      zdr: true,
    });
    assert.equal(kept, true);
    const draft = await drafts.findDraft(id, owner.id);
    assert.ok(typeof draft === "object" && draft !== null && "priorities" in draft);
    assert.deepEqual(draft.priorities, ["speed", "cost", "accuracy"]);
  } finally {
    await sql.end();
  }
});
