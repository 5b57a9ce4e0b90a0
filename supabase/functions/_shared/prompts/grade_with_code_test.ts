import assert from "node:assert/strict";
import type { JsonObject, JsonValue } from "../platform/json/json_value.ts";
import { codeGraderSchema, gradeWithCode } from "./grade_with_code.ts";

function scoreOf(grader: JsonObject, output: string, expected?: JsonValue) {
  const row = expected === undefined ? {} : { expected };
  const grade = gradeWithCode(codeGraderSchema.parse(grader), output, row);
  return "score" in grade ? grade.score : "error";
}

Deno.test("exact and contains ignore surrounding white space, and case unless `case_sensitive` is set", () => {
  assert.equal(scoreOf({ type: "exact" }, " Refund\n", "refund"), 1);
  assert.equal(scoreOf({ type: "exact", case_sensitive: true }, "Refund", "refund"), 0);
  assert.equal(scoreOf({ type: "exact" }, "a refund", "refund"), 0);
  assert.equal(scoreOf({ type: "contains" }, "It is a REFUND.", "refund"), 1);
  assert.equal(scoreOf({ type: "exact" }, "5", 5), 1);
  assert.equal(scoreOf({ type: "exact" }, "x", undefined), "error");
  assert.equal(scoreOf({ type: "contains" }, "anything", " "), "error");
});

Deno.test("regex matches in linear time and refuses patterns that cannot", () => {
  assert.equal(scoreOf({ type: "regex", pattern: "^order-\\d+$" }, "ORDER-12"), 1);
  assert.equal(scoreOf({ type: "regex", pattern: "^a$", case_sensitive: true }, "A"), 0);
  assert.equal(scoreOf({ type: "regex", pattern: "^(a+)+$" }, `${"a".repeat(50_000)}!`), 0);
  for (const pattern of ["(a)\\1", "a(?=b)", "(", ".{999}".repeat(6)]) {
    assert.equal(codeGraderSchema.safeParse({ type: "regex", pattern }).success, false, pattern);
  }
  const costly = { type: "regex", pattern: "(?:\\pL{0,300}){0,3}!" };
  assert.equal(scoreOf(costly, "é".repeat(1_000)), 0);
  assert.equal(scoreOf(costly, "é".repeat(200_000)), "error");
});

Deno.test("json scores the share of correct fields, also against JSON in a text column", () => {
  assert.equal(scoreOf({ type: "json" }, '```json\n{"a": 1, "b": 3}\n```', { a: 1, b: 2 }), 0.5);
  assert.equal(scoreOf({ type: "json" }, '{"a": 1}', '{"a": 1}'), 1);
  assert.equal(scoreOf({ type: "json" }, "no JSON", { a: 1 }), 0);
});

Deno.test("number compares the answer's first number within the tolerance", () => {
  assert.equal(scoreOf({ type: "number" }, "The total is 1,234.50 EUR", 1234.5), 1);
  assert.equal(scoreOf({ type: "number" }, "1.234", 1.234), 1);
  assert.equal(scoreOf({ type: "number", tolerance: 0.01 }, "10.01", "10"), 1);
  assert.equal(scoreOf({ type: "number", tolerance: 0.01 }, "10.02", "10"), 0);
  assert.equal(scoreOf({ type: "number", tolerance: 0.1 }, "10.3", 10.2), 1);
  assert.equal(scoreOf({ type: "number" }, "9007199254740993", "9007199254740992"), 0);
  assert.equal(scoreOf({ type: "number" }, "-1.5e-7", -0.00000015), 1);
  assert.equal(scoreOf({ type: "number" }, "0025e1", "250.0"), 1);
  assert.equal(scoreOf({ type: "number" }, "-3", 3), 0);
  assert.equal(scoreOf({ type: "number" }, "none", 3), 0);
  assert.equal(scoreOf({ type: "number" }, "3", "three"), "error");
});

Deno.test("each code grader is tested here, described in the docs and named to the chat", async () => {
  const read = (path: string) => Deno.readTextFile(new URL(path, import.meta.url));
  const [test, docs, migration] = await Promise.all([
    read("./grade_with_code_test.ts"),
    read("../../../../docs/prompts.md"),
    read("../../../migrations/20261121215900_chat_about_prompts.sql"),
  ]);
  const [, comment = ""] = /column chat\.prompt_runs\.grader_type is '(.*)';/.exec(migration) ?? [];
  for (const { shape } of codeGraderSchema.options) {
    const type = shape.type.value;
    assert.ok(test.includes(`type: "${type}"`), `${type} is not tested in grade_with_code_test.ts`);
    assert.ok(docs.includes(`- \`${type}\`:`), `${type} is not in docs/prompts.md`);
    assert.ok(
      comment.split(/\W+/).includes(type),
      `${type} is not in the comment on chat.prompt_runs.grader_type`,
    );
  }
});
