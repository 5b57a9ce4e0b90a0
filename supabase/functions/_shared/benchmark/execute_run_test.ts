import assert from "node:assert/strict";
import fc from "fast-check";
import { createCpuMeter } from "../platform/cpu_meter.ts";
import { NO_RULES, readRules } from "../compare/field_rules.ts";
import type {
  Answer,
  CompletionOutcome,
  CompletionRequest,
  Rejection,
  TransientFailure,
} from "../models/calls/model_call.ts";
import { pause } from "../platform/clock.ts";
import { DEFAULT_RETRY_POLICY } from "../platform/jobs/retry_policy.ts";
import { parsesBack } from "../testing/parses_back.ts";
import { createVirtualClock } from "../testing/virtual_clock.ts";
import { executeRun, type PreparedRun } from "./execute_run.ts";
import type { BenchmarkRunJob, JobResult, NoAnswer } from "./run_result.ts";

const job: BenchmarkRunJob = {
  kind: "benchmark_run",
  job_id: 7,
  attempt: 1,
  tries: 1,
  max_tries: 8,
  max_costly_tries: 3,
  report_id: "report",
  run_id: "run",
  model_id: "test/a",
  image_index: 0,
  repeat_index: 0,
  crashes: 0,
};

const run: PreparedRun = {
  expected: { merchant: "Kiosk", total: 12.5 },
  schema: { properties: { merchant: { type: "string" }, total: { type: "number" } } },
  rules: NO_RULES,
  regime: "strict",
  readImage: () => Promise.resolve("data:image/png;base64,AQID"),
  release: () => {},
  request: {
    model: {
      id: "test/a",
      base_url_key: "openrouter",
      input_price: 0,
      output_price: 0,
      cached_input_price: 0,
      image_price: 0,
    },
    prompt: "Read.",
    imageUrl: "https://storage.test/a.png",
    structuredOutput: null,
    maxOutputTokens: 100,
    timeoutMs: 20_000,
  },
};

const answer = (text: string, change: Partial<Answer> = {}): Answer => ({
  kind: "answer",
  text,
  ending: "stop",
  usage: {
    inputTokens: 10,
    outputTokens: 5,
    cachedTokens: 2,
    cacheWriteTokens: 0,
    reasoningTokens: null,
  },
  cost: 0.01,
  responseTimeMs: 250,
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

interface Trial {
  readonly result: JobResult;
  readonly requests: readonly CompletionRequest[];
  readonly startedAt: readonly number[];
}

/** Makes a run against a provider that answers with `outcomes` in turn, each after 100 ms. */
async function attempt(
  outcomes: readonly CompletionOutcome[],
  options: {
    attempt?: number;
    timeLeftMs?: number;
    abortAtMs?: number;
    rules?: PreparedRun["rules"];
    run?: Partial<PreparedRun>;
  } = {},
): Promise<Trial> {
  const clock = createVirtualClock();
  const requests: CompletionRequest[] = [];
  const startedAt: number[] = [];
  const control = new AbortController();
  const lifeMs = options.timeLeftMs ?? 120_000;
  if (options.abortAtMs !== undefined) clock.after(options.abortAtMs, () => control.abort());
  const result = await clock.run(executeRun(
    { ...job, tries: options.attempt ?? 1 },
    { ...run, rules: options.rules ?? run.rules, ...options.run },
    {
      clock,
      cpu: createCpuMeter(0),
      random: () => 0.5,
      retry: DEFAULT_RETRY_POLICY,
      provider: {
        probe: () => Promise.resolve(null),
        complete: async (request) => {
          const outcome = outcomes[requests.length];
          requests.push(request);
          startedAt.push(clock.now());
          await pause(clock, 100);
          assert.ok(outcome !== undefined, "a call too many");
          return outcome;
        },
      },
    },
    { signal: control.signal, timeLeftMs: () => lifeMs - clock.now() },
  ));
  return { result, requests, startedAt };
}

Deno.test("a right answer in a code fence is valid, exact and complete", async () => {
  const text = '```json\n{"merchant": "Kiosk", "total": 12.5}\n```';
  assert.deepEqual((await attempt([answer(text)])).result, {
    job_id: 7,
    attempt: 1,
    outcome: "complete",
    raw_output: text,
    output_json: { merchant: "Kiosk", total: 12.5 },
    is_valid_json: true,
    exact_match: true,
    field_accuracy: 100,
    field_errors: [],
    score: {
      strict: { correct: 2, wrong: 0, missing: 0, extra: 0 },
      relaxed: { correct: 2, wrong: 0, missing: 0, extra: 0 },
      formatOnly: 0,
      anls: 100,
    },
    response_time_ms: 250,
    input_tokens: 10,
    output_tokens: 5,
    cached_tokens: 2,
    reasoning_tokens: null,
    schema_regime: "prompt",
    request_change: null,
    actual_cost: 0.01,
    error_message: null,
    error_kind: null,
  });
});

Deno.test("a partly correct answer names its wrong field", async () => {
  const { result } = await attempt([answer('{"merchant":"Kiosk","total":1}')]);
  assert.ok(result.outcome === "complete");
  assert.equal(result.field_accuracy, 50);
  assert.deepEqual(result.field_errors, [{ fieldPath: "total", expected: 12.5, actual: 1 }]);
});

Deno.test("the report's schema distinguishes the answer from a remark after it", async () => {
  const { result } = await attempt([
    answer('{"merchant": "Kiosk", "total": 12.5}\n{"confidence": 0.9}'),
  ]);
  assert.ok(result.outcome === "complete");
  assert.deepEqual(result.output_json, { merchant: "Kiosk", total: 12.5 });
});

Deno.test("an answer is compared by the rules of its report", async () => {
  const rules = readRules({
    properties: { total: { "x-compare": { type: "number", tolerance: 1 } } },
  });
  const reply = answer('{"merchant":"Kiosk","total":13}');
  const { result } = await attempt([reply], { rules });
  assert.ok(result.outcome === "complete" && result.exact_match);
});

Deno.test("prose, refusals and cut-off answers are complete runs with every field missing, a cost and a reason", async () => {
  const right = '{"merchant":"Kiosk","total":12.5}';
  const given: [Answer, RegExp, NoAnswer][] = [
    [answer("I see a receipt."), /no JSON/, "no_json"],
    [answer(""), /no JSON/, "no_json"],
    [answer("I cannot help.", { ending: "refusal" }), /refused/, "refusal"],
    [answer("", { ending: "filtered" }), /withheld/, "filtered"],
    [answer('{"merchant":"Ki', { ending: "length" }), /own limit/, "cut_off"],
    // What was broken off may hold JSON all the same.
    [answer(`[${right},{"mer`, { ending: "length" }), /own limit/, "cut_off"],
    [answer(right, { ending: "filtered" }), /withheld/, "filtered"],
  ];
  for (const [reply, note, kind] of given) {
    const { result } = await attempt([reply]);
    assert.ok(result.outcome === "complete");
    assert.deepEqual(
      [result.is_valid_json, result.exact_match, result.field_accuracy, result.actual_cost],
      [false, false, 0, 0.01],
    );
    assert.deepEqual(result.score.relaxed, { correct: 0, wrong: 0, missing: 2, extra: 0 });
    assert.equal(result.output_json, null);
    assert.equal(result.error_kind, kind);
    assert.match(result.error_message ?? "", note);
  }
});

/** Postgres refuses U+0000 and unpaired surrogates, in `text` and in `jsonb` alike. */
function assertStorable(value: unknown): void {
  JSON.stringify(value, (key, member: unknown) => {
    for (const text of [key, member]) {
      if (typeof text === "string") assert.ok(text.isWellFormed() && !text.includes("\0"), text);
    }
    return member;
  });
}

Deno.test("a result holds no text that Postgres cannot store", async () => {
  const { result } = await attempt([answer('{"merchant":"a\\u0000b","total":"\\ud800"} \0')]);
  assertStorable(result);
});

Deno.test("any text of a model gives a complete, storable result with scores within bounds", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.jsonValue().filter(parsesBack).map((value) => JSON.stringify(value)),
      ),
      async (text) => {
        const { result } = await attempt([answer(text)]);
        assert.ok(result.outcome === "complete");
        assert.ok(result.field_accuracy >= 0 && result.field_accuracy <= 100);
        assertStorable(result);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("a call to a busy provider is repeated in place, no sooner than the provider asked", async () => {
  const { result, startedAt } = await attempt([
    transient({ retryAfterMs: 3_000 }),
    answer('{"merchant":"Kiosk","total":12.5}'),
  ]);
  assert.equal(result.outcome, "complete");
  assert.deepEqual(startedAt, [0, 3_100]);
});

Deno.test("a long Retry-After sends the job back to the queue with its date", async () => {
  const { result, requests } = await attempt([transient({ retryAfterMs: 90_000 })]);
  assert.ok(result.outcome === "retry");
  assert.deepEqual([result.run_at_ms, result.charge, requests.length], [90_000, "none", 1]);
});

Deno.test("a call that may have been billed goes back to the queue", async () => {
  const { result, requests } = await attempt([transient({ reason: "timeout", charge: "unknown" })]);
  assert.ok(result.outcome === "retry");
  assert.deepEqual([result.charge, requests.length], ["unknown", 1]);
});

Deno.test("the third call that may have been billed without a usable answer is the last", async () => {
  const { result } = await attempt([
    transient({ reason: "garbled", charge: "unknown", cost: 0.2 }),
  ], { attempt: 3 });
  assert.ok(result.outcome === "failed");
  assert.deepEqual([result.charge, result.actual_cost], ["unknown", 0.2]);
});

Deno.test("a model that never answers in time, or writes nothing, has every field missing", async () => {
  const silent: [Partial<TransientFailure>, number, NoAnswer][] = [
    [{ reason: "timeout", charge: "unknown", message: "No answer in time." }, 3, "timeout"],
    [{ reason: "empty", charge: "none", message: "Nothing was written." }, 8, "empty"],
  ];
  for (const [change, last, kind] of silent) {
    const outcomes = [transient(change), transient(change), transient(change)];
    const earlier = await attempt(outcomes, { attempt: last - 1 });
    assert.equal(earlier.result.outcome, "retry");
    const { result } = await attempt(outcomes, { attempt: last });
    assert.ok(result.outcome === "complete");
    assert.deepEqual(
      [result.error_kind, result.error_message, result.charge, result.actual_cost],
      [kind, change.message, change.charge, null],
    );
    assert.deepEqual(
      [result.field_accuracy, result.exact_match, result.is_valid_json, result.response_time_ms],
      [0, false, false, 100],
    );
    assert.deepEqual(result.field_errors.map(({ fieldPath }) => fieldPath), ["merchant", "total"]);
  }
});

Deno.test("an outage, or a worker that runs out of time, does not count against the model", async () => {
  const reasons = ["busy", "server", "network", "garbled", "aborted"] as const;
  for (const reason of reasons) {
    const failure = transient({ reason, charge: "unknown" });
    const { result } = await attempt([failure], { attempt: 8 });
    assert.ok(result.outcome === "failed");
    assert.equal(result.error_kind, reason === "aborted" ? "fault" : "outage");
  }
  const { result } = await attempt([transient({ reason: "timeout", charge: "unknown" })], {
    attempt: 3,
    timeLeftMs: 5_000,
  });
  assert.ok(result.outcome === "failed");
  assert.equal(result.error_kind, "outage");
});

Deno.test("an outage does not use up the tries for a model's own failures", async () => {
  for (const reason of ["busy", "server", "network"] as const) {
    const { result } = await attempt([transient({ reason, charge: "unknown" })], { attempt: 7 });
    assert.deepEqual([result.outcome, "failure" in result && result.failure], ["retry", reason]);
  }
});

Deno.test("a job that was released twice unstarted is not given up at its first timeout", async () => {
  const timeout = transient({ reason: "timeout", charge: "unknown" });
  const clock = createVirtualClock();
  const result = await clock.run(executeRun(
    { ...job, attempt: 3 },
    run,
    {
      clock,
      cpu: createCpuMeter(0),
      random: () => 0.5,
      retry: DEFAULT_RETRY_POLICY,
      provider: { probe: () => Promise.resolve(null), complete: () => Promise.resolve(timeout) },
    },
    { signal: new AbortController().signal, timeLeftMs: () => 120_000 },
  ));
  assert.equal(result.outcome, "retry");
});

Deno.test("a call is tried three times in place at most", async () => {
  const { result, requests } = await attempt([transient(), transient(), transient()]);
  assert.deepEqual([result.outcome, requests.length], ["retry", 3]);
});

Deno.test("no try begins that the worker's end would cut short", async () => {
  const { result, requests } = await attempt([transient()], { timeLeftMs: 15_000 });
  assert.deepEqual([result.outcome, requests.length], ["retry", 1]);
});

Deno.test("a call gets no more time than the worker has", async () => {
  const { requests } = await attempt([answer("{}")], { timeLeftMs: 5_000 });
  assert.equal(requests[0]?.timeoutMs, 5_000);
});

Deno.test("a wait that the worker's end cuts short goes on in the queue", async () => {
  const { result } = await attempt([transient({ retryAfterMs: 4_000 })], { abortAtMs: 1_000 });
  assert.ok(result.outcome === "retry");
  assert.equal(result.run_at_ms, 4_000);
});

Deno.test("a model that cannot take an image has every field missing and no response time", async () => {
  for (const [reason, error_kind] of [["unfit", "rejected"], ["filtered", "filtered"]] as const) {
    const { result, requests } = await attempt([
      { kind: "rejected", reason, message: "400 bad image", charge: "none", cost: null },
    ]);
    assert.ok(result.outcome === "complete");
    const { field_accuracy, field_errors, score, response_time_ms, charge, actual_cost } = result;
    assert.equal(result.error_kind, error_kind);
    assert.equal(result.error_message, "400 bad image");
    assert.deepEqual([field_accuracy, response_time_ms, charge, actual_cost], [
      0,
      null,
      "none",
      null,
    ]);
    assert.deepEqual(field_errors.map(({ fieldPath }) => fieldPath), ["merchant", "total"]);
    assert.deepEqual(score.relaxed, { correct: 0, wrong: 0, missing: 2, extra: 0 });
    assert.equal(requests.length, 1);
  }
});

Deno.test("a missing model fails the run and a refused key is reported to the queue, without a second call", async () => {
  const unavailable = await attempt([{
    kind: "rejected",
    reason: "unavailable",
    message: "404 no such model",
    charge: "none",
    cost: null,
  }]);
  assert.deepEqual(unavailable.result, {
    job_id: 7,
    attempt: 1,
    outcome: "failed",
    error_message: "404 no such model",
    error_kind: "unavailable",
    schema_regime: "prompt",
    request_change: null,
    charge: "none",
    actual_cost: null,
  });
  const fatal = await attempt([{ kind: "fatal", message: "402 no credit", retryAtMs: null }]);
  assert.equal(fatal.result.outcome, "fatal");
  assert.deepEqual([unavailable.requests.length, fatal.requests.length], [1, 1]);
});

Deno.test("a refusal of our account, schema, parameters or image address gives no score", async () => {
  const kinds = ["unavailable", "schema_refused", "parameter_refused", "image_unreadable"] as const;
  for (const reason of kinds) {
    const { result, requests } = await attempt([
      { kind: "rejected", reason, message: "400 not so", charge: "none", cost: null },
    ], { run: { readImage: () => Promise.resolve(null) } });
    assert.ok(result.outcome === "failed");
    assert.deepEqual([result.error_kind, result.charge, requests.length], [reason, "none", 1]);
    assert.match(result.error_message, /400 not so$/);
    assert.equal(
      /says nothing about the model/.test(result.error_message),
      reason !== "unavailable",
    );
  }
});

Deno.test("every outcome keeps who answered and its reasoning tokens", async () => {
  const served = { model: "b", provider: "Acme", requestId: "req-1", isOther: true };
  const columns = {
    served_model: "b",
    served_provider: "Acme",
    provider_request_id: "req-1",
    served_other: true,
  };
  const usage = {
    inputTokens: 10,
    outputTokens: 9,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    reasoningTokens: 7,
  };
  const outcomes: CompletionOutcome[] = [
    answer("{}", { served, usage }),
    { ...transient({ reason: "timeout", charge: "unknown" }), served },
    { kind: "rejected", reason: "unfit", message: "400", charge: "none", cost: null, served },
    { kind: "fatal", message: "402", retryAtMs: null, served },
  ];
  for (const outcome of outcomes) {
    const { result } = await attempt([outcome]);
    assert.deepEqual({ ...result, ...columns }, result);
    if (outcome.kind === "answer") {
      assert.equal({ reasoning_tokens: 0, ...result }.reasoning_tokens, 7);
    }
  }
});

const thought = (tokens: number) =>
  answer("", {
    ending: "length",
    usage: {
      inputTokens: 10,
      outputTokens: tokens,
      cachedTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: tokens,
    },
  });

Deno.test("an answer that our limit ended is requested once more with a higher limit, and the cost is that of both calls", async () => {
  const { result, requests } = await attempt([
    thought(100),
    answer('{"merchant":"Kiosk","total":12.5}'),
  ]);
  assert.deepEqual(requests.map(({ maxOutputTokens }) => maxOutputTokens), [100, 200]);
  assert.ok(result.outcome === "complete" && result.exact_match);
  assert.equal(result.request_change, "higher_limit");
  assert.equal(result.actual_cost, 0.02);
});

Deno.test("an answer that our raised limit ended too fails the run without a score", async () => {
  const { result, requests } = await attempt([thought(100), thought(200)]);
  assert.equal(requests.length, 2);
  assert.ok(result.outcome === "failed");
  assert.equal(result.error_kind, "cut_by_limit");
  assert.match(result.error_message, /Our limit of 200 tokens/);
  assert.equal(result.actual_cost, 0.02);
});

Deno.test("an answer that the model's own limit ended counts as cut off, also on the second call", async () => {
  const once = await attempt([thought(100)], { run: { raisedLimit: null } });
  const twice = await attempt([thought(100), thought(150)], { run: { raisedLimit: 150 } });
  for (const { result } of [once, twice]) {
    assert.ok(result.outcome === "complete");
    assert.equal(result.error_kind, "cut_off");
    assert.match(result.error_message ?? "", /tokens of the model's own limit .* thinking/);
  }
});

Deno.test("a raised limit that the provider refuses is lowered to the model's own limit", async () => {
  const { result, requests } = await attempt([
    thought(100),
    refusal({
      reason: "parameter_refused",
      message: "400 max_tokens is at most 150",
      refused: { name: "max_tokens", atMost: 150, instead: null },
    }),
    thought(150),
  ]);
  assert.deepEqual(requests.map(({ maxOutputTokens }) => maxOutputTokens), [100, 200, 150]);
  assert.ok(result.outcome === "complete" && result.error_kind === "cut_off");
  assert.deepEqual([result.request_change, result.actual_cost], ["lower_limit", 0.02]);
});

Deno.test("a second call that the worker's end cuts short is not a timeout of the model", async () => {
  const late = transient({ reason: "timeout", charge: "unknown", cost: null });
  const short = await attempt([thought(100), late], { attempt: 99, timeLeftMs: 20_050 });
  assert.ok(short.result.outcome === "failed" && short.result.error_kind === "fault");
  const whole = await attempt([thought(100), late], { attempt: 99 });
  assert.ok(whole.result.outcome === "complete" && whole.result.error_kind === "timeout");
});

Deno.test("a failure after a raised limit includes the cost of the first call", async () => {
  const failures: [Partial<TransientFailure>, number | null][] = [
    [{ charge: "none", cost: null }, 0.01],
    [{ charge: "unknown", cost: 0.005 }, 0.015],
    [{ charge: "unknown", cost: null }, null],
  ];
  for (const [failure, cost] of failures) {
    const { result } = await attempt([thought(100), transient(failure)], { attempt: 99 });
    assert.ok(result.outcome === "failed", JSON.stringify(result));
    assert.equal(result.actual_cost, cost);
  }
});

const refusal = (change: Partial<Rejection>): Rejection => ({
  kind: "rejected",
  reason: "schema_refused",
  message: "400 Invalid schema",
  charge: "none",
  cost: null,
  ...change,
});
const held: Partial<PreparedRun> = {
  request: { ...run.request, structuredOutput: { schema: { type: "object" }, strict: true } },
};
const good = answer('{"merchant":"Kiosk","total":12.5}');

Deno.test("a refused schema costs one more call in place, and the run records the change", async () => {
  let noted = 0;
  const { result, requests, startedAt } = await attempt([refusal({}), good], {
    run: { ...held, noteRefusedSchema: () => noted++ },
  });
  assert.deepEqual(requests.map(({ structuredOutput }) => structuredOutput === null), [
    false,
    true,
  ]);
  assert.deepEqual(startedAt, [0, 100]);
  assert.equal(noted, 1);
  assert.ok(result.outcome === "complete" && result.exact_match);
  assert.equal(result.schema_regime, "prompt");
  assert.equal(result.request_change, "schema_in_prompt");
});

Deno.test("a request that is accepted at once records its schema regime and no change", async () => {
  const { result } = await attempt([good], { run: held });
  assert.ok(result.outcome === "complete");
  assert.equal(result.schema_regime, "strict");
  assert.equal(result.request_change, null);
});

Deno.test("a second refusal ends the run without a score", async () => {
  const { result, requests } = await attempt([
    refusal({ reason: "image_unreadable" }),
    refusal({}),
  ], { run: held });
  assert.equal(requests.length, 2);
  assert.equal(requests[1]?.imageUrl, "data:image/png;base64,AQID");
  assert.ok(result.outcome === "failed" && result.error_kind === "schema_refused");
  assert.equal(result.request_change, "image_as_bytes");
});

Deno.test("a retry of a changed request keeps the change", async () => {
  const { result, requests } = await attempt([refusal({}), transient(), good], { run: held });
  assert.equal(result.outcome, "complete");
  assert.deepEqual(requests.map(({ structuredOutput }) => structuredOutput === null), [
    false,
    true,
    true,
  ]);
});

Deno.test("an image that Storage cannot deliver for the moment does not count against the model", async () => {
  const { result } = await attempt([refusal({ reason: "image_unreadable" }), good], {
    run: { readImage: () => Promise.reject(new Error("503")) },
  });
  assert.equal(result.outcome, "complete");
});

const poor = refusal({
  reason: "parameter_refused",
  message: "402 You requested up to 100 tokens, but can only afford 80.",
  refused: { name: "max_tokens", atMost: 80, instead: null },
});

Deno.test("an answer that our remaining credit cut off does not count against the model", async () => {
  const { result, requests } = await attempt([poor, good]);
  assert.deepEqual(requests.map(({ maxOutputTokens }) => maxOutputTokens), [100, 80]);
  assert.ok(result.outcome === "complete" && result.request_change === "lower_limit");

  const cut = await attempt([poor, answer("{", { ending: "length" })]);
  assert.ok(cut.result.outcome === "failed");
  assert.equal(cut.result.error_kind, "parameter_refused");
  assert.equal(cut.result.actual_cost, 0.01);

  const own = { ...poor, message: "400 max_tokens is at most 80" };
  const limited = await attempt([own, answer("{", { ending: "length" })]);
  assert.ok(limited.result.outcome === "complete" && limited.result.error_kind === "cut_off");
});
