import assert from "node:assert/strict";
import type { JsonValue } from "../platform/json/json_value.ts";
import { codeGraderSchema, gradeWithCode } from "./grade_with_code.ts";

function scoreOf(grader: Record<string, JsonValue>, output: string, truth?: JsonValue) {
  const grade = gradeWithCode(codeGraderSchema.parse(grader), output, truth);
  return "score" in grade ? grade.score : "error";
}

Deno.test("exact and contains overlook case and white space around, unless told to mind the case", () => {
  assert.equal(scoreOf({ type: "exact" }, " Refund\n", "refund"), 1);
  assert.equal(scoreOf({ type: "exact", case_sensitive: true }, "Refund", "refund"), 0);
  assert.equal(scoreOf({ type: "exact" }, "a refund", "refund"), 0);
  assert.equal(scoreOf({ type: "contains" }, "It is a REFUND.", "refund"), 1);
  assert.equal(scoreOf({ type: "exact" }, "5", 5), 1);
  assert.equal(scoreOf({ type: "exact" }, "x", undefined), "error");
  assert.equal(scoreOf({ type: "contains" }, "anything", " "), "error");
});

Deno.test("regex matches in linear time and refuses what would not", () => {
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

Deno.test("json counts the share of fields that are right, of JSON in a text column too", () => {
  assert.equal(scoreOf({ type: "json" }, '```json\n{"a": 1, "b": 3}\n```', { a: 1, b: 2 }), 0.5);
  assert.equal(scoreOf({ type: "json" }, '{"a": 1}', '{"a": 1}'), 1);
  assert.equal(scoreOf({ type: "json" }, "no JSON", { a: 1 }), 0);
});

Deno.test("number takes the answer's first number, within the tolerance", () => {
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
