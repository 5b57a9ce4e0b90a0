import assert from "node:assert/strict";
import { createTextModels } from "./model_client.ts";
import type { TextRequest } from "./model_call.ts";

const REQUEST: TextRequest = {
  provider: "groq",
  model: "openai/gpt-oss-20b",
  prompt: "Say blue.",
  parameters: { temperature: 0, max_tokens: 50, seed: 7 },
  prices: { input: 1e-6, cached_input: 5e-7, output: 2e-6 },
  timeoutMs: 1_000,
};
const COMPLETION = {
  choices: [{ finish_reason: "stop", message: { content: "blue" } }],
  usage: {
    prompt_tokens: 10,
    completion_tokens: 2,
    prompt_tokens_details: { cached_tokens: 4 },
  },
};

function setUp(status: number, body: unknown, headers: Record<string, string> = {}) {
  const sent: { url: string; body: Record<string, unknown> }[] = [];
  const endpoint = { baseUrl: "https://models.test/v1", apiKey: "key" };
  const models = createTextModels({
    endpoints: { groq: endpoint, openrouter: endpoint },
    fetch: async (input, init) => {
      const text = await new Response(init?.body ?? null).text();
      sent.push({ url: String(input), body: JSON.parse(text) });
      return Response.json(body, { status, headers });
    },
  });
  return { models, sent, signal: new AbortController().signal };
}

Deno.test("a text prompt is sent with the provider's name of the model and its parameters", async () => {
  const { models, sent, signal } = setUp(200, COMPLETION);
  const { outcome, pauseMs } = await models.complete(REQUEST, signal);
  assert.deepEqual(sent, [{
    url: "https://models.test/v1/chat/completions",
    body: {
      model: "openai/gpt-oss-20b",
      messages: [{ role: "user", content: "Say blue." }],
      max_completion_tokens: 50,
      temperature: 0,
      seed: 7,
    },
  }]);
  assert.ok(outcome.kind === "answer");
  assert.equal(outcome.text, "blue");
  assert.ok(Math.abs((outcome.cost ?? 0) - (6e-6 + 2e-6 + 4e-6)) < 1e-12);
  assert.equal(pauseMs, null);
});

Deno.test("the cost of a model without a price is unknown unless the provider states it", async () => {
  const silent = setUp(200, COMPLETION);
  const unknown = await silent.models.complete({ ...REQUEST, prices: null }, silent.signal);
  assert.ok(unknown.outcome.kind === "answer" && unknown.outcome.cost === null);
  const telling = setUp(200, { ...COMPLETION, usage: { ...COMPLETION.usage, cost: 0.003 } });
  const known = await telling.models.complete(
    { ...REQUEST, provider: "openrouter", prices: null },
    telling.signal,
  );
  assert.ok(known.outcome.kind === "answer" && known.outcome.cost === 0.003);
  assert.deepEqual(telling.sent[0]?.body["usage"], { include: true });
});

Deno.test("a reply has the pause that the provider asks for, except OpenRouter's", async () => {
  const used = { "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1.5s" };
  const last = setUp(200, COMPLETION, used);
  assert.equal((await last.models.complete(REQUEST, last.signal)).pauseMs, 1_500);
  const refused = setUp(429, { error: { message: "slow down" } }, { "retry-after": "7" });
  const reply = await refused.models.complete(REQUEST, refused.signal);
  assert.ok(reply.outcome.kind === "transient" && reply.outcome.reason === "busy");
  assert.deepEqual([reply.outcome.retryAfterMs, reply.pauseMs], [7_000, 7_000]);
  const other = await refused.models.complete(
    { ...REQUEST, provider: "openrouter" },
    refused.signal,
  );
  assert.equal(other.pauseMs, null);
  assert.equal(refused.sent.length, 2);
});

Deno.test("a model that refuses sampling parameters gets none, and the limit its requested name", async () => {
  const { models, sent, signal } = setUp(200, COMPLETION);
  const own = { ...REQUEST, provider: "openrouter", model: "openai/gpt-5-mini" };
  await models.complete({ ...own, limitName: "max_completion_tokens" }, signal);
  assert.deepEqual(sent[0]?.body, {
    model: "openai/gpt-5-mini",
    messages: [{ role: "user", content: "Say blue." }],
    max_completion_tokens: 50,
    usage: { include: true },
  });
});
