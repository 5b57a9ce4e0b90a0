import assert from "node:assert/strict";
import fc from "fast-check";
import { parsesBack } from "../../testing/parses_back.ts";
import {
  MAX_PROMPT_CHARACTERS,
  readReview,
  REVIEW_FORMAT,
  reviewSchema,
  type WatchedTest,
  writeReviewPrompt,
} from "./review_prompt.ts";

const test: WatchedTest = {
  run: {
    suite: "unit",
    branch_name: "main",
    commit_hash: null,
    run_timestamp: "2026-11-21T10:00:00Z",
    total_tests: 2,
    tests_failed: 1,
  },
  result: {
    tool_name: "login",
    variation: "",
    class_name: "",
    provider: "",
    model: "",
    status: "FAIL",
    execution_status: null,
    duration_secs: 1.5,
    memory_mb: null,
    cpu_percent: null,
    tokens_total: null,
    cost_usd: null,
    error_class: "TypeError",
    error_message: "x is not a function",
    file_path: null,
    line_number: null,
    extra: null,
  },
  history: [],
};

const past = (error_message: string, observation: string): WatchedTest["history"][number] => ({
  run_timestamp: "2026-11-20T10:00:00Z",
  commit_hash: "abc1234",
  status: "PASS",
  duration_secs: 0.5,
  error_message,
  watcher_quality: 9,
  observation,
});

const review = {
  quality_score: 3,
  strengths: [],
  weaknesses: ["it fails"],
  anomalies: [],
  recommendations: ["mend it"],
  confidence_level: "high",
};

const dataOf = (prompt: string, fence: string): string => {
  const parts = prompt.split(new RegExp(`</?data-${fence}>`));
  assert.equal(parts.length, 3, "the marks enclose the data and stand nowhere else");
  return parts[1] ?? "";
};

Deno.test("a prompt holds the result and its history between the two fences", () => {
  const prompt = writeReviewPrompt({ ...test, history: [past("none", "{}")] }, "f");
  assert.deepEqual(JSON.parse(dataOf(prompt, "f")), {
    run: test.run,
    result: {
      tool_name: "login",
      status: "FAIL",
      duration_secs: 1.5,
      error_class: "TypeError",
      error_message: "x is not a function",
    },
    history: [past("none", "{}")],
  });
});

Deno.test("no prompt exceeds the length that its cost reservation is computed from, whatever tests write", () => {
  // Quotes, control characters and lone surrogates take up to six characters in JSON.
  const long = fc.array(fc.constantFrom('"', "\\", "\n", "\u0001", "\ud800", "é", "漢", "x"), {
    minLength: 1,
    maxLength: 20,
  }).map((parts) => parts.join("").repeat(1_000));
  fc.assert(
    fc.property(long, long, fc.integer({ min: 0, max: 9 }), (one, two, runs) => {
      const prompt = writeReviewPrompt({
        run: { ...test.run, suite: one, branch_name: two },
        result: { ...test.result, tool_name: one, error_message: two, extra: one, file_path: two },
        history: Array.from({ length: runs }, () => past(one, two)),
      }, crypto.randomUUID());
      assert.ok(prompt.length <= MAX_PROMPT_CHARACTERS, `${prompt.length}`);
      assert.ok(prompt.isWellFormed());
    }),
    { numRuns: 50 },
  );
});

Deno.test("a long error message is cut in the middle", () => {
  const error_message = `Error: first${" middle".repeat(5_000)} last line`;
  const prompt = writeReviewPrompt({ ...test, result: { ...test.result, error_message } }, "f");
  const shown = JSON.parse(dataOf(prompt, "f")).result.error_message;
  assert.match(shown, /^Error: first.* \.\.\. .*last line$/);
});

Deno.test("a prompt that is too long loses its oldest history first and keeps the result whole", () => {
  const loud = '"'.repeat(2_000);
  const prompt = writeReviewPrompt({
    ...test,
    result: { ...test.result, error_message: loud },
    history: Array.from({ length: 5 }, (_, index) => past(`${index}${loud}`, loud)),
  }, "f");
  const { result, history } = JSON.parse(dataOf(prompt, "f"));
  assert.equal(result.error_message, loud);
  assert.ok(history.length > 0 && history.length < 5);
  assert.match(history[0].error_message, /^0/);
});

Deno.test("a review is read from bare JSON, from a code fence and from JSON inside prose", () => {
  const text = JSON.stringify(review);
  for (
    const answer of [text, `\`\`\`json\n${text}\n\`\`\``, `Here it is: ${text} I hope it helps.`]
  ) {
    assert.deepEqual(readReview(answer), {
      ...review,
      raw_observation: review,
      is_malformed: false,
    });
  }
});

Deno.test("a decimal score is rounded, and the unknown fields of an answer are kept", () => {
  const answer = { ...review, quality_score: 7.5, confidence_level: "High", mood: "fine" };
  const read = readReview(JSON.stringify(answer));
  assert.deepEqual(read, {
    ...review,
    quality_score: 8,
    raw_observation: answer,
    is_malformed: false,
  });
});

Deno.test("an answer that is not a review is kept as text and marked malformed", () => {
  for (
    const text of [
      "",
      "I would rather not.",
      JSON.stringify({ ...review, quality_score: 11 }),
      JSON.stringify({ ...review, quality_score: 0 }),
      JSON.stringify({ ...review, confidence_level: "sure" }),
      JSON.stringify({ ...review, strengths: [1] }),
      JSON.stringify([review, review]),
      JSON.stringify(review).slice(0, -5),
    ]
  ) assert.deepEqual(readReview(text), { raw_observation: text, is_malformed: true });
});

Deno.test("an answer that was cut off or refused is malformed, even if it contains a review", () => {
  const text = JSON.stringify(review);
  for (const ending of ["length", "refusal", "filtered"] as const) {
    assert.equal(readReview(text, ending).is_malformed, true);
  }
});

Deno.test("any answer is either a review within bounds or its own text", () => {
  fc.assert(fc.property(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 100 }),
      fc.jsonValue({ maxDepth: 2 }).filter(parsesBack).map((value) => JSON.stringify(value)),
      fc.record({
        quality_score: fc.oneof(fc.integer(), fc.double(), fc.string()),
        strengths: fc.oneof(fc.array(fc.string()), fc.constant({})),
        confidence_level: fc.constantFrom("high", "LOW", "?", null),
      }, { requiredKeys: [] }).map((value) => JSON.stringify(value)),
    ),
    (text) => {
      const review = readReview(text);
      if (review.is_malformed) {
        assert.equal(review.raw_observation, text.toWellFormed().replaceAll("\0", "\uFFFD"));
      } else {
        assert.ok(reviewSchema.safeParse(review).success);
        assert.ok(Number.isInteger(review.quality_score));
      }
    },
  ));
});

Deno.test("the answer format is valid in strict mode: every field required, no other allowed", () => {
  const { properties, required, additionalProperties } = REVIEW_FORMAT;
  assert.equal(additionalProperties, false);
  assert.deepEqual(required, Object.keys(properties ?? {}));
  assert.deepEqual(Object.keys(reviewSchema.shape), required);
});
