import assert from "node:assert/strict";
import fc from "fast-check";
import { jsonObjectSchema } from "../../platform/json/json_value.ts";
import { parseJson, writeJson } from "../../platform/json/lossless_json.ts";
import type { CompletionOutcome, CompletionRequest } from "./model_call.ts";
import { createModelProvider, type ModelProviderOptions, priceCall } from "./model_client.ts";

const KEY = "sk-test-0123456789abcdef";

const request: CompletionRequest = {
  model: {
    id: "openai/gpt-6-luna",
    base_url_key: "openrouter",
    input_price: 2e-6,
    output_price: 10e-6,
    cached_input_price: 1e-6,
    image_price: 0.001,
  },
  prompt: "Read the receipt.",
  imageUrl: "https://storage.test/a.png",
  structuredOutput: null,
  maxOutputTokens: 500,
  timeoutMs: 1_000,
};

interface Sent {
  readonly url: string;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

function providerFor(respond: () => Response | Promise<Response>, sent: Sent[] = []) {
  const fetch: typeof globalThis.fetch = async (input, init) => {
    sent.push({
      url: String(input),
      headers: new Headers(init?.headers),
      body: jsonObjectSchema.parse(parseJson(await new Response(init?.body ?? null).text())),
    });
    return await respond();
  };
  const endpoint = (name: string) => ({ baseUrl: `https://${name}.test/v1`, apiKey: KEY });
  const options: ModelProviderOptions = {
    endpoints: {
      openrouter: endpoint("openrouter"),
      openai: endpoint("openai"),
      groq: endpoint("groq"),
      local: { baseUrl: "http://127.0.0.1:9/v1", apiKey: null },
    },
    fetch,
    now: () => 0,
  };
  return createModelProvider(options);
}

async function ask(
  respond: () => Response | Promise<Response>,
  change: Partial<CompletionRequest> = {},
): Promise<CompletionOutcome> {
  return await providerFor(respond).complete(
    { ...request, ...change },
    new AbortController().signal,
  );
}

const usage = {
  prompt_tokens: 1000,
  completion_tokens: 100,
  prompt_tokens_details: { cached_tokens: 400 },
};

function completion(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    choices: [{ finish_reason: "stop", message: { role: "assistant", content: '{"total":1}' } }],
    usage,
    ...changes,
  };
}
const says = (body: unknown, init?: ResponseInit) => () => Response.json(body, init);
const fails = (status: number, error: unknown, headers: HeadersInit = {}) =>
  says({ error }, { status, headers });

Deno.test("the cost is the one that OpenRouter states", async () => {
  const outcome = await ask(says(completion({ usage: { ...usage, cost: 0.0123 } })));
  assert.deepEqual(outcome, {
    kind: "answer",
    text: '{"total":1}',
    ending: "stop",
    usage: {
      inputTokens: 1000,
      outputTokens: 100,
      cachedTokens: 400,
      cacheWriteTokens: 0,
      reasoningTokens: null,
    },
    cost: 0.0123,
    responseTimeMs: 0,
    served: { model: null, provider: null, requestId: null, isOther: false },
  });
});

Deno.test("with the customer's own key the upstream's price is added to OpenRouter's fee", async () => {
  const byok = { cost: 0.001, is_byok: true, cost_details: { upstream_inference_cost: 0.02 } };
  const outcome = await ask(says(completion({ usage: { ...usage, ...byok } })));
  assert.equal(outcome.kind === "answer" && outcome.cost, 0.021);
});

Deno.test("without a stated cost, tokens and image are priced, cached tokens at their own price", async () => {
  const outcome = await ask(says(completion()));
  assert.ok(outcome.kind === "answer");
  assert.equal(outcome.cost, 0.0036);
});

Deno.test("a cost has no rounding errors of binary fractions", () => {
  const tokens = {
    inputTokens: 1000,
    outputTokens: 100,
    cachedTokens: 400,
    cacheWriteTokens: 0,
    reasoningTokens: null,
  };
  const prices = { input_price: 1e-6, cached_input_price: 0.25e-6, output_price: 4e-6 };
  assert.equal(priceCall(tokens, { ...request.model, ...prices, image_price: 0 }), 0.0011);
});

Deno.test("a call with a long input is priced as one, from the first token above the threshold on", async () => {
  const model = {
    ...request.model,
    long_context: { above: 1_000, input: 4e-6, cached_input: 2e-6, output: 15e-6 },
  };
  const costOf = async (prompt_tokens: number) => {
    const outcome = await ask(says(completion({ usage: { ...usage, prompt_tokens } })), { model });
    return outcome.kind === "answer" ? outcome.cost : null;
  };
  assert.equal(await costOf(1_000), 0.0036);
  assert.equal(await costOf(1_001), 0.005704);
});

Deno.test("a cost is never negative and never falls with more tokens", () => {
  const count = fc.nat(1_000_000);
  fc.assert(fc.property(count, count, count, (input, output, cached) => {
    const tokens = {
      inputTokens: input + cached,
      outputTokens: output,
      cachedTokens: cached,
      cacheWriteTokens: 0,
      reasoningTokens: null,
    };
    const price = priceCall(tokens, request.model);
    assert.ok(price >= 0);
    assert.ok(priceCall({ ...tokens, outputTokens: output + 1 }, request.model) >= price);
  }));
});

Deno.test("an answer without usage has an unknown cost, not a cost of zero", async () => {
  const outcome = await ask(says(completion({ usage: undefined })));
  assert.ok(outcome.kind === "answer");
  assert.deepEqual([outcome.cost, outcome.usage], [null, null]);
});

Deno.test("refused, filtered and cut-off answers are answers with their ending", async () => {
  const choice = (finish_reason: string, message: Record<string, unknown>) =>
    says(completion({ choices: [{ finish_reason, message }] }));
  const endings: unknown[] = [];
  for (
    const respond of [
      choice("stop", { content: null, refusal: "I cannot." }),
      choice("content_filter", { content: "" }),
      choice("length", { content: '{"tot' }),
      choice("stop", { content: "" }),
    ]
  ) {
    const outcome = await ask(respond);
    endings.push(outcome.kind === "answer" ? [outcome.ending, outcome.text] : outcome.kind);
  }
  assert.deepEqual(endings, [
    ["refusal", "I cannot."],
    ["filtered", ""],
    ["length", '{"tot'],
    ["stop", ""],
  ]);
});

const judged: [string, () => Response, Record<string, unknown>][] = [
  ["408 may have been billed", fails(408, { message: "slow" }), {
    kind: "transient",
    reason: "timeout",
    charge: "unknown",
  }],
  ["409 is tried again", fails(409, { message: "busy" }), { kind: "transient", charge: "none" }],
  ["429 names its wait", fails(429, { code: 429, message: "slow down" }, { "retry-after": "7" }), {
    kind: "transient",
    reason: "busy",
    retryAfterMs: 7000,
    charge: "none",
  }],
  [
    "429 of an upstream names its wait in the body",
    fails(429, { code: 429, message: "x", metadata: { headers: { "Retry-After": "3" } } }),
    { kind: "transient", retryAfterMs: 3000 },
  ],
  ["500 is tried again", fails(500, { message: "oops" }), { kind: "transient", charge: "none" }],
  ["502 is tried again", fails(502, { code: 502, message: "down" }), { kind: "transient" }],
  ["503 is tried again", fails(503, null), { kind: "transient", charge: "none" }],
  ["504 may have been billed", fails(504, {}), { kind: "transient", charge: "unknown" }],
  ["529 is tried again", fails(529, { type: "overloaded_error" }), { kind: "transient" }],
  [
    "400 is the model's not taking the request",
    fails(400, { code: 400, message: "Bad request." }),
    {
      kind: "rejected",
      reason: "unfit",
      charge: "none",
    },
  ],
  ["413 likewise", fails(413, null), { kind: "rejected", reason: "unfit" }],
  ["422 likewise", fails(422, { message: "too long" }), { kind: "rejected", reason: "unfit" }],
  [
    "400 of a content filter withholds the answer",
    fails(400, { code: "content_policy_violation", message: "Your request was rejected." }),
    { kind: "rejected", reason: "filtered" },
  ],
  [
    "403 of OpenRouter's moderation withholds the answer",
    fails(403, {
      code: 403,
      message: "Input was rejected",
      metadata: { reasons: ["violence"], flagged_input: "…", provider_name: "OpenAI" },
    }),
    { kind: "rejected", reason: "filtered" },
  ],
  [
    "403 for no right to the model says nothing of it",
    fails(403, { message: "not in your region" }),
    {
      kind: "rejected",
      reason: "unavailable",
    },
  ],
  ["404 says nothing of the model", fails(404, { message: "no such model" }), {
    kind: "rejected",
    reason: "unavailable",
  }],
  ["401 fails the report", fails(401, { code: 401, message: "User not found." }), {
    kind: "fatal",
  }],
  ["402 fails the report", fails(402, { code: 402, message: "no credit" }), { kind: "fatal" }],
  [
    "429 for want of credit fails the report",
    fails(429, { code: "insufficient_quota", message: "You exceeded your current quota" }),
    { kind: "fatal" },
  ],
  [
    "403 for a used-up key fails the report",
    fails(403, { code: 403, message: "Key limit exceeded (total limit)." }),
    { kind: "fatal" },
  ],
  [
    "400 for an invalid key fails the report",
    fails(400, { message: "API key not valid. Please pass a valid API key." }),
    { kind: "fatal" },
  ],
  [
    "an HTML error page of a proxy is judged by its status",
    () =>
      new Response("<html>bad gateway</html>", {
        status: 502,
        headers: { "content-type": "text/html" },
      }),
    { kind: "transient", reason: "server", charge: "none" },
  ],
  [
    "an error inside 200 is an error and may have been billed",
    says({
      error: { code: 502, message: "Upstream broke off" },
    }),
    { kind: "transient", reason: "server", charge: "unknown" },
  ],
  [
    "an error inside 200 that cost nothing is known to have cost nothing",
    says({
      error: { code: 429, message: "x" },
      usage: { prompt_tokens: 0, completion_tokens: 0, cost: 0 },
    }),
    { kind: "transient", reason: "busy", charge: "none", cost: 0 },
  ],
  [
    "an error of a choice is an error",
    says({
      choices: [{ finish_reason: "error", error: { code: 503, message: "x" }, message: null }],
    }),
    { kind: "transient", charge: "unknown" },
  ],
  ["402 inside 200 fails the report", says({ error: { code: 402, message: "no credit" } }), {
    kind: "fatal",
  }],
  [
    "400 inside 200 is the model's not taking the request",
    says({
      error: { code: 400, message: "x" },
    }),
    {
      kind: "rejected",
      reason: "unfit",
      charge: "unknown",
    },
  ],
  ["no choices are no answer", says({ choices: [] }), { kind: "transient", reason: "garbled" }],
  [
    "a web page with 200 is not the provider's, and costs nothing",
    () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    {
      kind: "rejected",
      reason: "unavailable",
      charge: "none",
    },
  ],
  [
    "broken JSON is no answer",
    () => new Response("{oops", { headers: { "content-type": "application/json" } }),
    {
      kind: "transient",
      reason: "garbled",
      charge: "unknown",
    },
  ],
  [
    "nothing written and nothing counted is no answer",
    says({
      choices: [{ finish_reason: "stop", message: { content: "" } }],
      usage: { prompt_tokens: 900, completion_tokens: 0, cost: 0 },
    }),
    { kind: "transient", reason: "empty", charge: "none" },
  ],
];

for (const [what, respond, expected] of judged) {
  Deno.test(`of the provider's answers, ${what}`, async () => {
    const outcome: Record<string, unknown> = { ...await ask(respond) };
    for (const [name, value] of Object.entries(expected)) {
      assert.deepEqual(outcome[name], value, `${name} of ${JSON.stringify(outcome)}`);
    }
  });
}

Deno.test("any response of a provider gives an outcome and throws nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(200, 201, 400, 401, 402, 403, 404, 418, 429, 500, 503, 599),
      fc.oneof(
        fc.json(),
        fc.string(),
        fc.record({ error: fc.jsonValue() }).map((body) => JSON.stringify(body)),
        fc.record({ choices: fc.array(fc.jsonValue()), usage: fc.jsonValue() }).map((body) =>
          JSON.stringify(body)
        ),
      ),
      fc.boolean(),
      async (status, body, isJson) => {
        const type = isJson ? "application/json" : "text/plain";
        const respond = () => new Response(body, { status, headers: { "content-type": type } });
        const outcome = await ask(respond);
        if (status >= 400) assert.notEqual(outcome.kind, "answer");
        if (status === 401 || status === 402) assert.equal(outcome.kind, "fatal");
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("a key that a provider quotes is removed from the message", async () => {
  const outcome = await ask(fails(401, { message: `Incorrect API key provided: ${KEY}.` }));
  assert.ok(outcome.kind === "fatal");
  assert.ok(!outcome.message.includes(KEY), outcome.message);
});

Deno.test("a call is sent once", async () => {
  const sent: Sent[] = [];
  for (const status of [408, 409, 429, 500, 503]) {
    await providerFor(fails(status, {}), sent).complete(request, new AbortController().signal);
  }
  assert.equal(sent.length, 5);
});

async function paramsFor(change: Partial<CompletionRequest>): Promise<Sent> {
  const sent: Sent[] = [];
  const provider = providerFor(says(completion()), sent);
  await provider.complete({ ...request, ...change }, new AbortController().signal);
  const [only] = sent;
  assert.ok(only !== undefined);
  return only;
}
const structuredOutput = { schema: { type: "object" }, strict: true };

Deno.test("OpenRouter is asked for the cost, and to use only upstreams that enforce the schema", async () => {
  const { url, body, headers } = await paramsFor({ structuredOutput });
  assert.equal(url, "https://openrouter.test/v1/chat/completions");
  assert.equal(headers.get("authorization"), `Bearer ${KEY}`);
  assert.deepEqual(body["usage"], { include: true });
  assert.deepEqual(body["provider"], { require_parameters: true });
  assert.deepEqual(body["response_format"], {
    type: "json_schema",
    json_schema: { name: "extraction", schema: { type: "object" }, strict: true },
  });
  assert.equal(body["model"], "openai/gpt-6-luna");
  assert.equal(body["max_tokens"], 500);
});

Deno.test("an order's data policy goes with each call to OpenRouter, with and without a schema", async () => {
  const dataPolicy = { data_collection: "deny", zdr: true } as const;
  const withSchema = await paramsFor({ structuredOutput, dataPolicy });
  assert.deepEqual(withSchema.body["provider"], { ...dataPolicy, require_parameters: true });
  const without = await paramsFor({ structuredOutput: null, dataPolicy });
  assert.deepEqual(without.body["provider"], dataPolicy);
  const elsewhere = { ...request.model, id: "groq/x", base_url_key: "groq" };
  const { body } = await paramsFor({ dataPolicy, model: elsewhere });
  assert.equal(body["provider"], undefined, "no other API knows the parameter");
});

Deno.test("a schema's bounds are sent with all their digits", async () => {
  const schema = { properties: { id: { type: "integer", maximum: 9223372036854775807n } } };
  const { body } = await paramsFor({ structuredOutput: { schema, strict: false } });
  assert.match(writeJson(body), /"maximum":9223372036854775807}/);
});

Deno.test("a reduced schema is sent as strict only to providers that guarantee schemas", async () => {
  const formatFor = async (id: string, base_url_key: string) => {
    const { body } = await paramsFor({
      structuredOutput: { ...structuredOutput, strict: false },
      model: { ...request.model, id, base_url_key },
    });
    return JSON.stringify(body["response_format"]);
  };
  assert.match(await formatFor("openai/gpt-4o", "openrouter"), /"strict":true/);
  assert.match(await formatFor("groq/meta-llama/llama-4-scout", "groq"), /"strict":false/);
});

Deno.test("without a schema OpenRouter may use any upstream", async () => {
  const { body } = await paramsFor({});
  assert.ok(!("provider" in body) && !("response_format" in body));
});

Deno.test("OpenAI itself gets none of OpenRouter's parameters, its own name for the limit and the bare model name", async () => {
  const { body } = await paramsFor({
    model: { ...request.model, base_url_key: "openai" },
    structuredOutput,
  });
  assert.deepEqual(
    Object.keys(body).sort(),
    ["max_completion_tokens", "messages", "model", "response_format"],
  );
  assert.equal(body["model"], "gpt-6-luna");
});

Deno.test("Groq gets another vendor's model id whole", async () => {
  const model = { ...request.model, id: "meta-llama/llama-4-maverick", base_url_key: "groq" };
  assert.equal((await paramsFor({ model })).body["model"], "meta-llama/llama-4-maverick");
});

Deno.test("a provider without a key fails the report and says which variable is missing", async () => {
  const outcome = await providerFor(says({})).complete(
    { ...request, model: { ...request.model, base_url_key: "cerebras" } },
    new AbortController().signal,
  );
  assert.ok(outcome.kind === "fatal");
  assert.match(outcome.message, /CEREBRAS_API_KEY/);
});

Deno.test("a call that was aborted before it began cost nothing, one in flight may have", async () => {
  const early = await providerFor(says(completion())).complete(request, AbortSignal.abort());
  const control = new AbortController();
  const late = await providerFor(() => {
    control.abort();
    throw new DOMException("aborted", "AbortError");
  }).complete(request, control.signal);
  assert.deepEqual(
    [early, late].map((outcome) =>
      outcome.kind === "transient" && [outcome.reason, outcome.charge]
    ),
    [["aborted", "none"], ["aborted", "unknown"]],
  );
});
