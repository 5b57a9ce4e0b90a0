import assert from "node:assert/strict";
import { type Behaviour } from "../../../../../scripts/services/openrouter/behaviour.ts";
import { startOpenRouterService } from "../../../../../scripts/services/openrouter/server.ts";
import { freePorts } from "../../../../../scripts/stack/free_ports.ts";
import type { CompletionOutcome, CompletionRequest } from "./model_call.ts";
import { createModelProvider } from "./model_client.ts";

const request: CompletionRequest = {
  model: {
    id: "qwen/qwen3-vl-235b-a22b-instruct",
    base_url_key: "openrouter",
    input_price: 0.2e-6,
    output_price: 0.88e-6,
    cached_input_price: 0.11e-6,
    image_price: 0,
  },
  prompt: "Read the receipt.",
  imageUrl: "https://storage.test/owner/a.png",
  structuredOutput: null,
  maxOutputTokens: 500,
  timeoutMs: 20_000,
};

type Call = (
  change?: Partial<CompletionRequest>,
  signal?: AbortSignal,
) => Promise<CompletionOutcome>;

/** The adapter in front of a simulated OpenRouter, over real HTTP. */
async function withService(
  behaviour: Behaviour,
  test: (call: Call, service: Awaited<ReturnType<typeof startOpenRouterService>>) => Promise<void>,
): Promise<void> {
  const service = await startOpenRouterService({
    truths: new Map([["owner/a.png", { merchant: "Kiosk", total: 12.5 }]]),
    behaviour: { fetchImages: false, medianMs: 5, sigma: 0, fieldErrorRate: 0, ...behaviour },
  });
  const provider = createModelProvider({
    endpoints: {
      openrouter: { baseUrl: service.openRouterUrl, apiKey: "sk-or-test" },
      compatible: { baseUrl: service.compatibleUrl, apiKey: null },
    },
  });
  try {
    await test(
      (change, signal) =>
        provider.complete({ ...request, ...change }, signal ?? new AbortController().signal),
      service,
    );
  } finally {
    await service.stop();
  }
}

Deno.test("over HTTP, an answer has its tokens, time and stated cost", async () => {
  await withService({ medianMs: 50 }, async (call, service) => {
    const outcome = await call({ structuredOutput: { schema: { type: "object" }, strict: false } });
    assert.ok(outcome.kind === "answer", JSON.stringify(outcome));
    assert.deepEqual(JSON.parse(outcome.text), { merchant: "Kiosk", total: 12.5 });
    assert.ok(outcome.responseTimeMs >= 4);
    assert.ok(outcome.cost !== null && outcome.cost > 0);
    assert.ok(
      Math.abs((service.stats().models[request.model.id]?.cost ?? 0) - outcome.cost) < 1e-9,
    );
  });
});

Deno.test("over HTTP, a plain OpenAI-compatible service is priced to the same cost as OpenRouter's accounting", async () => {
  await withService({ cachedShare: 0.5 }, async (call) => {
    const accounted = await call();
    const priced = await call({ model: { ...request.model, base_url_key: "compatible" } });
    assert.ok(accounted.kind === "answer" && priced.kind === "answer");
    assert.ok(accounted.cost !== null && priced.cost !== null);
    assert.ok(Math.abs(accounted.cost - priced.cost) < 1e-9, `${accounted.cost} ${priced.cost}`);
  });
});

Deno.test("over HTTP, each kind of failure has its own outcome", async () => {
  await withService({ retryAfterSeconds: 2 }, async (call, service) => {
    const seen: Record<string, unknown> = {};
    const script = [
      "refusal",
      "error_in_body",
      "rate_limited",
      "server_error",
      "bad_gateway",
      "unavailable",
      "payment_required",
      "unauthorized",
      "forbidden",
      "disconnect",
    ] as const;
    service.change({ script: [...script] });
    for (const name of script) {
      const outcome = await call();
      seen[name] = outcome.kind === "transient"
        ? `${outcome.reason}, ${outcome.charge}, ${outcome.retryAfterMs}`
        : outcome.kind === "answer"
        ? outcome.ending
        : outcome.kind === "rejected"
        ? outcome.reason
        : outcome.kind;
    }
    assert.deepEqual(seen, {
      refusal: "refusal",
      error_in_body: "server, unknown, null",
      rate_limited: "busy, none, 2000",
      server_error: "server, none, null",
      bad_gateway: "server, none, null",
      unavailable: "server, none, 2000",
      payment_required: "fatal",
      unauthorized: "fatal",
      forbidden: "filtered",
      disconnect: "network, unknown, null",
    });
  });
});

Deno.test("over HTTP, a call whose reused connection breaks is not sent again", async () => {
  await withService({}, async (call, service) => {
    await call();
    service.change({ script: ["disconnect"] });
    const outcome = await call();
    assert.equal(outcome.kind === "transient" && outcome.charge, "unknown");
    assert.equal(service.stats().calls, 2);
  });
});

Deno.test("over HTTP, a call that timed out may have been billed", async () => {
  await withService({ script: ["hang", "stall"] }, async (call) => {
    for (let calls = 0; calls < 2; calls++) {
      const outcome = await call({ timeoutMs: 150 });
      assert.ok(outcome.kind === "transient", JSON.stringify(outcome));
      assert.deepEqual([outcome.reason, outcome.charge], ["timeout", "unknown"]);
    }
  });
});

Deno.test("over HTTP, an abort closes the connection", async () => {
  await withService({ script: ["hang"] }, async (call, service) => {
    const control = new AbortController();
    const pending = call({}, control.signal);
    while (service.requests().length === 0) await new Promise((go) => setTimeout(go, 5));
    control.abort();
    const outcome = await pending;
    assert.ok(outcome.kind === "transient");
    assert.deepEqual([outcome.reason, outcome.charge], ["aborted", "unknown"]);
  });
});

Deno.test("a refused connection costs nothing", async () => {
  const [port] = freePorts(1);
  const provider = createModelProvider({
    endpoints: { openrouter: { baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: "sk-or-test" } },
  });
  const outcome = await provider.complete(request, new AbortController().signal);
  assert.ok(outcome.kind === "transient", JSON.stringify(outcome));
  assert.deepEqual([outcome.reason, outcome.charge], ["network", "none"]);
});

Deno.test("over HTTP, thinking follows the effort, is counted and charged, and can fill the limit", async () => {
  await withService({}, async (call, service) => {
    const ask = (id: string, change: Partial<CompletionRequest> = {}) =>
      call({ model: { ...request.model, id }, maxOutputTokens: 60_000, ...change });
    const thoughts: number[] = [];
    for (const effort of ["none", "low", "high"]) {
      const outcome = await ask(`openai/gpt-6-luna#${effort}`);
      assert.ok(outcome.kind === "answer", JSON.stringify(outcome));
      thoughts.push(outcome.usage?.reasoningTokens ?? -1);
      assert.ok((outcome.usage?.outputTokens ?? 0) > (thoughts.at(-1) ?? 0));
    }
    const [none = -1, low = -1, high = -1] = thoughts;
    assert.ok(none === 0 && low > 200 && high > 2 * low, String(thoughts));
    assert.deepEqual(
      service.requests().map(({ body }) => [body.model, body.reasoning]),
      ["none", "low", "high"].map((effort) => ["openai/gpt-6-luna", { effort }]),
    );

    const cut = await ask("google/gemini-3.5-flash#high", { maxOutputTokens: 500 });
    assert.ok(cut.kind === "answer" && cut.ending === "length" && cut.text === "");
    assert.equal(cut.usage?.reasoningTokens, 500);
  });
});
