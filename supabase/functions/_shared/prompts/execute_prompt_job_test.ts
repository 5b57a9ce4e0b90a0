import assert from "node:assert/strict";
import type { CompletionOutcome, TextReply, TextRequest } from "../models/calls/model_call.ts";
import { DEFAULT_RETRY_POLICY } from "../platform/jobs/retry_policy.ts";
import { createVirtualClock } from "../testing/virtual_clock.ts";
import type { CachedAnswer } from "./cached_answers.ts";
import { executeCell, executeGrade, type ExecutePromptDeps } from "./execute_prompt_job.ts";
import type { PromptCellJob, PromptGradeJob } from "./prompt_job.ts";
import type { PromptPlan } from "./prompt_plan.ts";
import { MissingFieldError } from "./render_prompt.ts";

const PRICES = { input: 1e-6, cached_input: 5e-7, output: 2e-6 };
const PLAN: PromptPlan = {
  runId: "run",
  models: new Map([["m", { provider: "groq", model: "small", prices: PRICES }]]),
  parameters: { temperature: 0, max_tokens: 100 },
  body: "Say {{word}}",
  usesCache: false,
  grader: { type: "exact", expected: "expected", case_sensitive: false },
  graderBody: null,
};
const CELL: PromptCellJob = {
  kind: "prompt_cell",
  job_id: 7,
  attempt: 1,
  tries: 1,
  max_tries: 20,
  max_costly_tries: 3,
  crashes: 0,
  run_id: "run",
  cell_id: 1,
  run_model_id: "m",
  row_index: 0,
  repeat: 2,
  data: { word: "blue", expected: "Blue" },
};
const ANSWER: CompletionOutcome = {
  kind: "answer",
  text: "blue",
  ending: "stop",
  usage: {
    inputTokens: 10,
    outputTokens: 1,
    cachedTokens: 4,
    cacheWriteTokens: 0,
    reasoningTokens: null,
  },
  cost: 0.00001,
  responseTimeMs: 12,
};
const BUSY: CompletionOutcome = {
  kind: "transient",
  reason: "busy",
  message: "429",
  retryAfterMs: 30_000,
  charge: "none",
  cost: null,
};

function setUp(replies: (CompletionOutcome | TextReply)[], kept: CachedAnswer[] = []) {
  const asked: TextRequest[] = [];
  const looked: string[] = [];
  const deps: ExecutePromptDeps = {
    models: {
      probe: () => Promise.resolve(null),
      complete: (request) => {
        asked.push(request);
        const reply = replies.shift() ?? ANSWER;
        return Promise.resolve("outcome" in reply ? reply : { outcome: reply, pauseMs: null });
      },
    },
    lookUpCached: (_, { key, repeat }) => {
      looked.push(key);
      return Promise.resolve(kept.find((answer) => answer.repeat === repeat) ?? null);
    },
    timeoutMs: 1_000,
    clock: createVirtualClock(),
    retry: DEFAULT_RETRY_POLICY,
    random: () => 0,
  };
  const context = { signal: new AbortController().signal, timeLeftMs: () => 100_000 };
  return { deps, context, asked, looked };
}

Deno.test("a cell is asked once with its row's fields, graded, and reported with tokens and cost", async () => {
  const { deps, context, asked } = setUp([]);
  const result = await executeCell(CELL, PLAN, deps, context);
  assert.deepEqual(result, {
    job_id: 7,
    attempt: 1,
    outcome: "complete",
    output_text: "blue",
    answer_ending: "stop",
    latency_ms: 12,
    tokens_in: 10,
    tokens_out: 1,
    tokens_cached: 4,
    actual_cost: 0.00001,
    grader_score: 1,
    grader_reason: null,
    grader_error: null,
  });
  assert.deepEqual(asked.map(({ prompt, parameters }) => [prompt, parameters]), [
    ["Say blue", PLAN.parameters],
  ]);
});

Deno.test("a row without a field of the prompt fails before anything is asked", async () => {
  const { deps, context, asked } = setUp([]);
  await assert.rejects(
    executeCell({ ...CELL, data: {} }, PLAN, deps, context),
    MissingFieldError,
  );
  assert.equal(asked.length, 0);
});

Deno.test("a cached answer costs nothing, and an answer that was cut off is not cached", async () => {
  const kept = {
    key: "",
    repeat: 2,
    output_text: "red",
    latency_ms: 5,
    tokens_in: 3,
    tokens_out: 1,
    tokens_cached: 0,
  };
  const plan = { ...PLAN, usesCache: true };
  const hit = setUp([], [kept]);
  const cached = await executeCell(CELL, plan, hit.deps, hit.context);
  assert.ok(cached.outcome === "complete" && "is_cached" in cached && cached.is_cached);
  assert.deepEqual([cached.actual_cost, cached.grader_score, hit.asked.length], [0, 0, 0]);
  assert.match(hit.looked[0] ?? "", /^[0-9a-f]{64}$/);

  const miss = setUp([{ ...ANSWER, ending: "length" }, ANSWER]);
  const cut = await executeCell({ ...CELL, repeat: 0 }, plan, miss.deps, miss.context);
  assert.ok("answer_ending" in cut && cut.answer_ending === "length" && !("cache_key" in cut));
  const whole = await executeCell({ ...CELL, repeat: 0 }, plan, miss.deps, miss.context);
  assert.ok("cache_key" in whole && whole.cache_key === hit.looked[0]);
});

Deno.test("a long rate limit returns the job to the queue and reports the pause; a short one is waited out", async () => {
  const long = setUp([{ outcome: BUSY, pauseMs: 30_000 }]);
  const later = await executeCell(CELL, PLAN, long.deps, long.context);
  assert.ok(later.outcome === "retry");
  assert.deepEqual(
    [later.run_at_ms, later.rate_limited, later.pause_ms, later.charge],
    [30_000, true, 30_000, "none"],
  );
  const nothingLeft = setUp([{ outcome: ANSWER, pauseMs: 700 }]);
  const last = await executeCell(CELL, PLAN, nothingLeft.deps, nothingLeft.context);
  assert.deepEqual(
    [last.outcome, "pause_ms" in last && last.pause_ms, "rate_limited" in last],
    ["complete", 700, true],
  );
});

Deno.test("a call to a model without a price writes no reservation off", async () => {
  const unpriced = { ...ANSWER, cost: null };
  const plan = {
    ...PLAN,
    models: new Map([["m", { provider: "local", model: "x", prices: null }]]),
  };
  const { deps, context } = setUp([unpriced, unpriced]);
  const free = await executeCell(CELL, plan, deps, context);
  assert.ok(free.outcome === "complete");
  assert.deepEqual([free.actual_cost, free.charge], [null, "none"]);
  const priced = await executeCell(CELL, PLAN, deps, context);
  assert.ok(priced.outcome === "complete" && priced.charge === undefined);
});

Deno.test("a grader model gets task, answer, expected value and row; an unreadable grade is an error", async () => {
  const plan: PromptPlan = {
    ...PLAN,
    grader: {
      type: "prompt",
      provider: "groq",
      model: "judge",
      expected: "expected",
      scale: 10,
      prices: PRICES,
    },
    graderBody: "{{input}}|{{output}}|{{expected}}|{{word}}",
  };
  const job: PromptGradeJob = { ...CELL, kind: "prompt_grade", output_text: "{{word}}" };
  const { deps, context, asked } = setUp([
    { ...ANSWER, text: '<response>{"score": 8, "reason": "close"}</response>' },
    { ...ANSWER, text: "Hard to say." },
  ]);
  const graded = await executeGrade(job, plan, deps, context);
  assert.equal(asked[0]?.prompt, "Say blue|{{word}}|Blue|blue");
  assert.equal(asked[0]?.model, "judge");
  assert.ok(graded.outcome === "complete");
  assert.deepEqual([graded.grader_score, graded.grader_reason], [0.8, "close"]);
  const unclear = await executeGrade(job, plan, deps, context);
  assert.ok(unclear.outcome === "complete");
  assert.equal(unclear.grader_score, null);
  assert.match(unclear.grader_error ?? "", /score/);
  assert.equal(unclear.actual_cost, ANSWER.cost);
});

Deno.test("a cell records which model answered it", async () => {
  const served = { model: "other", provider: "Acme", requestId: "req-1", isOther: true };
  const { deps, context } = setUp([{ ...ANSWER, served }]);
  const result = await executeCell(CELL, PLAN, deps, context);
  assert.ok(result.outcome === "complete");
  const columns = { served_model: "other", served_other: true, provider_request_id: "req-1" };
  assert.deepEqual({ ...result, ...columns }, result);
});

const thought = (tokens: number): CompletionOutcome => ({
  ...ANSWER,
  kind: "answer",
  text: "",
  ending: "length",
  usage: {
    inputTokens: 10,
    outputTokens: tokens,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: tokens,
  },
});

Deno.test("an answer cut off at our own token limit is asked for once more, at the caller's limit it is not", async () => {
  const ours: PromptPlan = { ...PLAN, parameters: {} };
  const raised = setUp([thought(2_048), ANSWER]);
  const whole = await executeCell(CELL, ours, raised.deps, raised.context);
  assert.deepEqual(raised.asked.map(({ parameters }) => parameters.max_tokens), [2_048, 4_096]);
  assert.ok(whole.outcome === "complete" && "output_text" in whole && whole.output_text === "blue");
  assert.equal(whole.actual_cost, 0.00002);

  const cut = setUp([thought(2_048), thought(4_096)]);
  const lost = await executeCell(CELL, ours, cut.deps, cut.context);
  assert.ok(lost.outcome === "failed");
  assert.match(lost.error_message, /Our limit of 4096 tokens/);
  assert.equal(lost.actual_cost, 0.00002);

  const set = setUp([thought(100)]);
  const own = await executeCell(CELL, PLAN, set.deps, set.context);
  assert.equal(set.asked.length, 1);
  assert.ok(own.outcome === "complete" && "answer_ending" in own && own.answer_ending === "length");
});
