import assert from "node:assert/strict";
import fc from "fast-check";
import { parseGrade } from "./grade_with_model.ts";

Deno.test("parseGrade() reads tags, JSON fenced or within prose, and bare scores", () => {
  const table: [text: string, scale: number, score: number, reason: string | null][] = [
    [`<response>{"score": 0.8, "reason": "Good."}</response>`, 1, 0.8, "Good."],
    [`I think.\n<response>\n{"score": 1}\n</response> done`, 1, 1, null],
    [`<response>0.1</response> no: <response>0.9</response>`, 1, 0.9, null],
    ['```json\n{"score": 7, "reason": "ok"}\n```', 10, 0.7, "ok"],
    [`Here: {"reason": "r", "score": "4/5"}`, 1, 0.8, "r"],
    [`{"score": true}`, 1, 1, null],
    ["0.25", 1, 0.25, null],
    ["Score: 8", 10, 0.8, null],
    ["85 %", 1, 0.85, null],
    ["3/4.", 10, 0.75, null],
    ["**Score: 9**\nReason: all fields are there.", 10, 0.9, "all fields are there."],
    ["**Score:** 4/5", 1, 0.8, null],
    ["Score: **.5**", 1, 0.5, null],
    ["<think>score: 1</think>0", 1, 0, null],
    [`Draft: {"score": 0.2, "reason": "too short by far"}\nFinal: {"score": 0.9}`, 1, 0.9, null],
    [`{"score": 0.4, "reason": "see"} as in [1] and {"note": 2}`, 1, 0.4, "see"],
  ];
  for (const [text, scale, score, reason] of table) {
    const grade = parseGrade(text, scale);
    assert.ok("score" in grade, text);
    assert.ok(Math.abs(grade.score - score) < 1e-12, text);
    assert.equal(grade.reason, reason, text);
  }
});

Deno.test("parseGrade() returns an error and never a zero for what it cannot read", () => {
  for (
    const [text, scale] of [
      ["", 1],
      ["Quite good.", 1],
      [`{"reason": "no score"}`, 1],
      [`{"score": null}`, 1],
      [`{"score": "high"}`, 1],
      ["7", 1],
      ["-1", 1],
      ["11", 10],
      ["4/0", 1],
      ["0/0", 1],
      ["score: 1\nscore: 0", 1],
      [`{"score": 0.5`, 1],
    ] as const
  ) {
    assert.ok("error" in parseGrade(text, scale), text);
  }
});

Deno.test("parseGrade() reads back any score within its scale, however it is wrapped", () => {
  const wrap = fc.constantFrom(
    (json: string) => json,
    (json: string) => `<response>${json}</response>`,
    (json: string) => `My verdict:\n\`\`\`json\n${json}\n\`\`\``,
    (json: string) => `Well, ${json} it is.`,
  );
  const reason = fc.string({ unit: "grapheme", minLength: 1 })
    .filter((text) => !/[<>`\0]/.test(text) && text.trim() === text && text.isWellFormed());
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 100 }), reason, wrap, (points, reason, wrap) => {
      const grade = parseGrade(wrap(JSON.stringify({ score: points, reason })), 100);
      assert.deepEqual(grade, { score: points / 100, reason });
    }),
  );
});

Deno.test("parseGrade() never throws and never leaves 0–1", () => {
  fc.assert(fc.property(fc.string(), (text) => {
    const grade = parseGrade(text);
    if ("score" in grade) assert.ok(grade.score >= 0 && grade.score <= 1);
  }));
});
