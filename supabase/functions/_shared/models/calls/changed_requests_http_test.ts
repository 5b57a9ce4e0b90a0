import assert from "node:assert/strict";
import { executeRun } from "../../benchmark/execute_run.ts";
import { buildPrompt } from "../../benchmark/prompt.ts";
import { NO_RULES } from "../../compare/field_rules.ts";
import { createCpuMeter } from "../../platform/cpu_meter.ts";
import { DEFAULT_RETRY_POLICY } from "../../platform/jobs/retry_policy.ts";
import { createVirtualClock } from "../../testing/virtual_clock.ts";
import { createModelProvider } from "./model_client.ts";

type Body = Record<string, unknown>;

const schema = {
  type: "object",
  properties: { total: { type: "number" } },
  required: ["total"],
  additionalProperties: false,
};

const ANSWER = {
  id: "1",
  object: "chat.completion",
  model: "m",
  choices: [{
    index: 0,
    finish_reason: "stop",
    message: { role: "assistant", content: '{"total":1}' },
  }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
};

/** Makes a run against a server that refuses the first request so and answers the second. */
async function runAgainst(
  refusal: { readonly status: number; readonly body: unknown },
  model: { readonly id: string; readonly base_url_key: string },
) {
  const sent: Body[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (
    request,
  ) => {
    sent.push(await request.json());
    return sent.length === 1
      ? Response.json(refusal.body, { status: refusal.status })
      : Response.json(ANSWER);
  });
  const baseUrl = `http://127.0.0.1:${server.addr.port}/v1`;
  const { prompt, structuredOutput, regime } = buildPrompt(
    { prompt: "Read.", json_schema: schema },
    { ...model, supports_structured_output: true },
  );
  const result = await executeRun(
    {
      kind: "benchmark_run",
      job_id: 1,
      attempt: 1,
      tries: 1,
      max_tries: 8,
      max_costly_tries: 3,
      report_id: "r",
      run_id: "u",
      model_id: model.id,
      image_index: 0,
      repeat_index: 0,
      crashes: 0,
    },
    {
      expected: { total: 1 },
      schema,
      rules: NO_RULES,
      regime,
      request: {
        model: { ...model, input_price: 0, output_price: 0, cached_input_price: 0, image_price: 0 },
        prompt,
        structuredOutput,
        imageUrl: "https://storage.test/a.png?token=x",
        maxOutputTokens: 16_384,
        timeoutMs: 10_000,
      },
      readImage: () => Promise.resolve("data:image/png;base64,AQID"),
      release: () => {},
    },
    {
      provider: createModelProvider({
        endpoints: { [model.base_url_key]: { baseUrl, apiKey: "sk-test-000000" } },
      }),
      clock: createVirtualClock(),
      cpu: createCpuMeter(0),
      retry: DEFAULT_RETRY_POLICY,
      random: () => 0.5,
    },
    { signal: new AbortController().signal, timeLeftMs: () => 60_000 },
  );
  assert.equal(sent.length, 2);
  assert.ok(result.outcome === "complete" && result.exact_match, JSON.stringify(result));
  const [first = {}, second = {}] = sent;
  return { first, second, result };
}

Deno.test("a schema that OpenAI refuses is left to the unchanged prompt", async () => {
  const { first, second, result } = await runAgainst({
    status: 400,
    body: {
      error: {
        message:
          "Invalid schema for response_format 'extraction': In context=(), 'x' is not permitted.",
        type: "invalid_request_error",
        param: "response_format",
        code: null,
      },
    },
  }, { id: "openai/gpt-4o", base_url_key: "openai" });
  assert.ok("response_format" in first);
  assert.deepEqual(second, withoutFormat(first));
  assert.equal(result.schema_regime, "prompt");
});

function withoutFormat({ response_format: _format, ...others }: Body): Body {
  return others;
}

Deno.test("a call that OpenRouter's credit cannot cover is made once more with the limit that it can", async () => {
  const { second, result } = await runAgainst({
    status: 402,
    body: {
      error: {
        message:
          "This request requires more credits, or fewer max_tokens. You requested up to 16384 tokens, but can only afford 9919.",
        code: 402,
        metadata: { provider_name: null },
      },
    },
  }, { id: "openai/gpt-4o", base_url_key: "openrouter" });
  assert.equal(second["max_tokens"], 9_919);
  assert.equal(result.request_change, "lower_limit");
  assert.equal(result.schema_regime, "strict");
});

Deno.test("an image that the provider could not download is sent as bytes", async () => {
  const { second, result } = await runAgainst({
    status: 400,
    body: {
      error: {
        message: "Timeout while downloading https://storage.test/a.png.",
        type: "invalid_request_error",
        param: null,
        code: "invalid_image_url",
      },
    },
  }, { id: "openai/gpt-4o", base_url_key: "openai" });
  assert.ok(JSON.stringify(second["messages"]).includes("data:image/png;base64,AQID"));
  assert.equal(result.request_change, "image_as_bytes");
});

Deno.test("a refused limit becomes the one that the model allows", async () => {
  const { second } = await runAgainst({
    status: 400,
    body: {
      error: {
        message:
          "max_tokens is too large: 16384. This model supports at most 8192 completion tokens, whereas you provided 16384.",
        type: "invalid_request_error",
        param: "max_tokens",
        code: null,
      },
    },
  }, { id: "openai/gpt-4o", base_url_key: "openai" });
  assert.equal(second["max_completion_tokens"], 8_192);
});
