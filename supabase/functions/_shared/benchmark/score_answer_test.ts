import assert from "node:assert/strict";
import fc from "fast-check";
import { NO_RULES } from "../compare/field_rules.ts";
import { MAX_OUTPUT_CHARACTERS, storableText } from "../models/answers/parse_output.ts";
import type { AnswerScores } from "./run_result.ts";
import { scoreNothing, scoreStored, scoreText } from "./score_answer.ts";

const KEY = { expected: { total: 1, note: "x" }, schema: {}, rules: NO_RULES };

/** A run as it is stored. */
function store(text: string, { error_kind, error_message }: AnswerScores) {
  const raw_output = storableText(text.slice(0, MAX_OUTPUT_CHARACTERS));
  return { raw_output, error_kind, error_message };
}

Deno.test("a stored answer scores the same as its run", () => {
  const text = fc.oneof(
    fc.json(),
    fc.string({ unit: "binary" }),
    fc.constantFrom('{"total": 1, "note": "x"}', 'Yes: {"total": 1, "note": "\\ud800"}', ""),
  );
  const kind = fc.constantFrom(
    null,
    "refusal",
    "filtered",
    "cut_off",
    "empty",
    "timeout",
    "rejected",
  );
  fc.assert(fc.property(text, kind, (text, kind) => {
    const scores = kind === null ? scoreText(text, KEY) : scoreNothing(kind, "Why.", KEY);
    assert.deepEqual(scoreStored(store(text, scores), KEY), scores);
  }));
});

Deno.test("an answer in which an older scorer found no JSON can score again, a refused or cut-off one cannot", () => {
  const raw_output = 'The total: {"total": 1, "note": "x"}';
  const again = scoreStored(
    { raw_output, error_kind: "no_json", error_message: "The answer is no JSON." },
    KEY,
  );
  assert.equal(again.exact_match, true);
  assert.equal(again.error_kind, null);
  assert.equal(again.error_message, null);
  for (const error_kind of ["refusal", "cut_off", "timeout"]) {
    const still = scoreStored({ raw_output, error_kind, error_message: "Why." }, KEY);
    assert.equal(still.field_accuracy, 0);
    assert.equal(still.is_valid_json, false);
    assert.deepEqual([still.error_kind, still.error_message], [error_kind, "Why."]);
  }
});

Deno.test("an answer that was stored cut off is not read again", () => {
  const text = `{"total": 1}${" ".repeat(MAX_OUTPUT_CHARACTERS)}`;
  const first = scoreText(text, KEY);
  assert.equal(first.error_kind, "no_json");
  assert.deepEqual(scoreStored(store(text, first), KEY), first);
});
