import assert from "node:assert/strict";
import { EFFORTS, nameContestant, parseContestant, writeContestant } from "./contestant.ts";

Deno.test("a contestant is read as it is written, with each effort and with none", () => {
  for (const effort of [null, ...EFFORTS]) {
    const contestant = { modelId: "openai/gpt-6-luna:free@x+y", effort };
    assert.deepEqual(parseContestant(writeContestant(contestant)), contestant);
  }
  assert.equal(writeContestant({ modelId: "a/b", effort: "high" }), "a/b#high");
});

Deno.test("text after a # that is not an effort stays part of the model's id", () => {
  for (const id of ["a/b#hard", "a/b#", "#high", "a/b#HIGH", "a/b#high "]) {
    assert.deepEqual(parseContestant(id), { modelId: id, effort: null });
  }
  assert.deepEqual(parseContestant("a/b#x#low"), { modelId: "a/b#x", effort: "low" });
});

Deno.test("a contestant's name for people has its effort", () => {
  const name = (id: string) => nameContestant("GPT-6 Luna", parseContestant(id));
  assert.deepEqual([name("a/b"), name("a/b#xhigh"), name("a/b#none")], [
    "GPT-6 Luna",
    "GPT-6 Luna (xhigh)",
    "GPT-6 Luna (no thinking)",
  ]);
});
