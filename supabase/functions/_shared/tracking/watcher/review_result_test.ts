import assert from "node:assert/strict";
import type {
  Answer,
  CompletionOutcome,
  TextReply,
  TextRequest,
  TransientFailure,
} from "../../models/calls/model_call.ts";
import { DEFAULT_RETRY_POLICY } from "../../platform/jobs/retry_policy.ts";
import { createVirtualClock } from "../../testing/virtual_clock.ts";
import { reviewResult } from "./review_result.ts";
import { REVIEW_FORMAT } from "./review_prompt.ts";
import type { WatcherJob, WatcherResult } from "./watcher_job.ts";

const job: WatcherJob = {
  job_id: 7,
  attempt: 1,
  tries: 1,
  max_tries: 20,
  max_costly_tries: 3,
  provider: "openai",
  model: "gpt-6-luna",
  is_structured: true,
  prices: { input: 1e-6, cached_input: 5e-7, output: 2e-6 },
  run: {
    suite: "unit",
    branch_name: "main",
    commit_hash: null,
    run_timestamp: "2026-11-21T10:00:00Z",
    total_tests: 1,
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
    duration_secs: null,
    memory_mb: null,
    cpu_percent: null,
    tokens_total: null,
    cost_usd: null,
    error_class: null,
    error_message: "no",
    file_path: null,
    line_number: null,
    extra: null,
  },
  history: [],
};

const answer = (text: string, change: Partial<Answer> = {}): Answer => ({
  kind: "answer",
  text,
  ending: "stop",
  usage: null,
  cost: 0.01,
  responseTimeMs: 5,
  ...change,
});

const transient = (change: Partial<TransientFailure> = {}): TransientFailure => ({
  kind: "transient",
  reason: "busy",
  message: "429 slow down",
  retryAfterMs: null,
  charge: "none",
  cost: null,
  ...change,
});

/** Reviews a job with a model that gives these answers in turn and then repeats the last. */
async function review(
  outcomes: readonly (CompletionOutcome | TextReply)[],
  change: Partial<WatcherJob> = {},
): Promise<{ readonly result: WatcherResult; readonly requests: readonly TextRequest[] }> {
  const clock = createVirtualClock();
  const requests: TextRequest[] = [];
  const result = await clock.run(reviewResult({ ...job, ...change }, {
    models: {
      probe: () => Promise.resolve(null),
      complete(request) {
        const reply = outcomes[Math.min(requests.length, outcomes.length - 1)];
        requests.push(request);
        if (reply === undefined) throw new Error("no answer was planned");
        return Promise.resolve("kind" in reply ? { outcome: reply, pauseMs: null } : reply);
      },
    },
    timeoutMs: 20_000,
    makeFence: () => "mark",
    clock,
    retry: DEFAULT_RETRY_POLICY,
    random: () => 0.5,
  }, { signal: new AbortController().signal, timeLeftMs: () => 100_000 }));
  return { result, requests };
}

const good = JSON.stringify({ quality_score: 2, confidence_level: "low" });

Deno.test("any answer completes the job with its cost, even an unreadable one", async () => {
  const { result, requests: [request] } = await review([answer(good)]);
  assert.deepEqual(result, {
    job_id: 7,
    attempt: 1,
    pause_ms: null,
    outcome: "complete",
    charge: "unknown",
    actual_cost: 0.01,
    rate_limited: false,
    insight: {
      quality_score: 2,
      strengths: [],
      weaknesses: [],
      anomalies: [],
      recommendations: [],
      confidence_level: "low",
      raw_observation: { quality_score: 2, confidence_level: "low" },
      is_malformed: false,
    },
  });
  assert.match(request?.prompt ?? "", /<data-mark>\n.*"login".*\n<\/data-mark>$/s);
  assert.deepEqual(request?.structuredOutput, { schema: REVIEW_FORMAT, strict: true });

  const unreadable = await review([answer("Hm.")]);
  assert.equal(unreadable.requests.length, 1, "asking again would cost again");
  assert.deepEqual(
    unreadable.result.outcome === "complete" && unreadable.result.insight,
    { raw_observation: "Hm.", is_malformed: true },
  );
});

Deno.test("a model without structured output is asked without a schema", async () => {
  const { requests } = await review([answer(good)], { is_structured: false });
  assert.equal(requests[0]?.structuredOutput, null);
});

Deno.test("a rate-limited call is repeated in place if the wait is short", async () => {
  const { result, requests } = await review([transient({ retryAfterMs: 100 }), answer(good)]);
  assert.equal(result.outcome, "complete");
  assert.equal(requests.length, 2);
});

Deno.test("a rate-limited call with a long wait goes back to the queue with the pause", async () => {
  const { result, requests } = await review([
    { outcome: transient({ retryAfterMs: 30_000 }), pauseMs: 1 },
  ]);
  assert.equal(requests.length, 1);
  assert.deepEqual(
    result.outcome === "retry" && [result.run_at_ms, result.rate_limited, result.pause_ms],
    [30_000, true, 30_000],
  );
});

Deno.test("a call that may have been charged is not repeated in place and fails after its last try", async () => {
  const broken = transient({ reason: "garbled", charge: "unknown" });
  const first = await review([broken]);
  assert.deepEqual([first.result.outcome, first.requests.length], ["retry", 1]);
  const last = await review([broken], { tries: job.max_costly_tries });
  assert.deepEqual(
    last.result.outcome === "failed" && [last.result.charge, last.result.error_message],
    ["unknown", "429 slow down"],
  );
});

Deno.test("a busy provider is retried until the limit of tries", async () => {
  const busy = transient({ retryAfterMs: 30_000 });
  assert.equal((await review([busy], { tries: 19 })).result.outcome, "retry");
  assert.equal((await review([busy], { tries: 20 })).result.outcome, "failed");
});

Deno.test("an invalid key is fatal for the provider, and a refused request fails only its own job", async () => {
  const fatal = await review([{ kind: "fatal", message: "No valid key.", retryAtMs: null }]);
  assert.equal(fatal.result.outcome, "fatal");
  const refused = await review([{
    kind: "rejected",
    reason: "unfit",
    message: "Too long.",
    charge: "none",
    cost: null,
  }]);
  assert.deepEqual(
    refused.result.outcome === "failed" && [refused.result.charge, refused.result.error_message],
    ["none", "Too long."],
  );
});
