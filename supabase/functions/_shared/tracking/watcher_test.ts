import assert from "node:assert/strict";
import fc from "fast-check";
import {
  JUDGEMENT_FORMAT,
  judgementSchema,
  MAX_PROMPT_CHARACTERS,
  readJudgement,
  type WatchedTest,
  writeWatcherPrompt,
} from "./watcher.ts";
import { parsesBack } from "../testing/parses_back.ts";

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

const judgement = {
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

Deno.test("a prompt holds the result and what the test did before, between two marks", () => {
  const prompt = writeWatcherPrompt({ ...test, history: [past("none", "{}")] }, "f");
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

Deno.test("no prompt is longer than what its reservation was computed from, whatever tests write", () => {
  // Quotes, control characters and lone surrogates take up to six characters in JSON.
  const long = fc.array(fc.constantFrom('"', "\\", "\n", "\u0001", "\ud800", "é", "漢", "x"), {
    minLength: 1,
    maxLength: 20,
  }).map((parts) => parts.join("").repeat(1_000));
  fc.assert(
    fc.property(long, long, fc.integer({ min: 0, max: 9 }), (one, two, runs) => {
      const prompt = writeWatcherPrompt({
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

Deno.test("of a long message the beginning and the end are shown", () => {
  const error_message = `Error: first${" middle".repeat(5_000)} last line`;
  const prompt = writeWatcherPrompt({ ...test, result: { ...test.result, error_message } }, "f");
  const shown = JSON.parse(dataOf(prompt, "f")).result.error_message;
  assert.match(shown, /^Error: first.* \.\.\. .*last line$/);
});

Deno.test("where there is too much, the oldest runs are left out and the result stays whole", () => {
  const loud = '"'.repeat(2_000);
  const prompt = writeWatcherPrompt({
    ...test,
    result: { ...test.result, error_message: loud },
    history: Array.from({ length: 5 }, (_, index) => past(`${index}${loud}`, loud)),
  }, "f");
  const { result, history } = JSON.parse(dataOf(prompt, "f"));
  assert.equal(result.error_message, loud);
  assert.ok(history.length > 0 && history.length < 5);
  assert.match(history[0].error_message, /^0/);
});

Deno.test("a judgement is read from bare JSON, a code fence and amid prose", () => {
  const text = JSON.stringify(judgement);
  for (
    const answer of [text, `\`\`\`json\n${text}\n\`\`\``, `Here it is: ${text} I hope it helps.`]
  ) {
    assert.deepEqual(readJudgement(answer), {
      ...judgement,
      raw_observation: judgement,
      is_malformed: false,
    });
  }
});

Deno.test("a mark with decimals is rounded, and what else an answer says is kept in it", () => {
  const answer = { ...judgement, quality_score: 7.5, confidence_level: "High", mood: "fine" };
  const read = readJudgement(JSON.stringify(answer));
  assert.deepEqual(read, {
    ...judgement,
    quality_score: 8,
    raw_observation: answer,
    is_malformed: false,
  });
});

Deno.test("what is no judgement is kept as it came and marked, never mended and never dropped", () => {
  for (
    const text of [
      "",
      "I would rather not.",
      JSON.stringify({ ...judgement, quality_score: 11 }),
      JSON.stringify({ ...judgement, quality_score: 0 }),
      JSON.stringify({ ...judgement, confidence_level: "sure" }),
      JSON.stringify({ ...judgement, strengths: [1] }),
      JSON.stringify([judgement, judgement]),
      JSON.stringify(judgement).slice(0, -5),
    ]
  ) assert.deepEqual(readJudgement(text), { raw_observation: text, is_malformed: true });
});

Deno.test("an answer that was cut off or refused is no judgement, even where it holds one", () => {
  const text = JSON.stringify(judgement);
  for (const ending of ["length", "refusal", "filtered"] as const) {
    assert.equal(readJudgement(text, ending).is_malformed, true);
  }
});

Deno.test("whatever a model writes is either a judgement within bounds or its own text", () => {
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
      const insight = readJudgement(text);
      if (insight.is_malformed) {
        assert.equal(insight.raw_observation, text.toWellFormed().replaceAll("\0", "\uFFFD"));
      } else {
        assert.ok(judgementSchema.safeParse(insight).success);
        assert.ok(Number.isInteger(insight.quality_score));
      }
    },
  ));
});

Deno.test("the format that providers are asked to keep to is one that strict mode takes", () => {
  const { properties, required, additionalProperties } = JUDGEMENT_FORMAT;
  assert.equal(additionalProperties, false);
  assert.deepEqual(required, Object.keys(properties ?? {}));
  assert.deepEqual(Object.keys(judgementSchema.shape), required);
});
