import assert from "node:assert/strict";
import type { ChatSchema } from "./schema.ts";
import { chooseShots, SHOTS, suggestFollowUps } from "./shots.ts";

const relation = (name: string) => ({ name, comment: null, columns: [] });
const ALL: ChatSchema = {
  relations: [...new Set(SHOTS.flatMap(({ relations }) => relations))].map(relation),
};

Deno.test("the example nearest to a question stands last, where the model minds it most", () => {
  const shots = chooseShots(ALL, "cheapest model per correct field", 4);
  assert.equal(shots.length, 4);
  assert.equal(shots.at(-1)?.question, "Which model was cheapest per correct field last week?");
});

Deno.test("nothing is shown or suggested that reads a relation which is not there", () => {
  const schema = { relations: [relation("models")] };
  for (const shot of chooseShots(schema, "What did each benchmark cost?", 10)) {
    assert.deepEqual(shot.relations, ["models"]);
  }
  assert.equal(suggestFollowUps({ relations: [] }, "anything", [], 3).length, 0);
});

Deno.test("three questions are suggested, none of which was asked before", () => {
  const asked = SHOTS.slice(0, 5).map(({ question }) => question);
  const history = asked.map((content) => ({ role: "user" as const, content, sql: null }));
  const suggested = suggestFollowUps(ALL, "Which fields are most often wrong", history, 3);
  assert.equal(new Set(suggested).size, 3);
  for (const question of suggested) assert.ok(!asked.includes(question), question);
});
