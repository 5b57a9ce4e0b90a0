import assert from "node:assert/strict";
import { z } from "zod";
import { listen } from "../../../../scripts/services/listen.ts";
import {
  type OpenAiService,
  startOpenAiService,
} from "../../../../scripts/services/openai/server.ts";
import { createOtlpExporter } from "../platform/otlp_exporter.ts";
import { type ChatModel, createChatModel, type ModelCall } from "./chat_model.ts";
import { ModelError } from "./failures.ts";
import { UNDERSTANDING_FORMAT } from "./prompts.ts";
import { traceModel } from "./trace_model.ts";

const DATA = JSON.stringify({
  columns: ["runs bigint"],
  rows: [[42]],
  rows_in_result: 1,
  rows_shown: 1,
  is_cut: false,
});
const CALL: ModelCall = {
  model: "openai/gpt-5.4-mini",
  messages: [{ role: "user", content: `Secret words\n<data-1>\n${DATA}\n</data-1>` }],
  maxOutputTokens: 500,
  conversationId: "11111111-1111-4111-8111-111111111111",
  questionId: "22222222-2222-4222-8222-222222222222",
};
const NEVER = new AbortController().signal;

async function withModel(
  use: (model: ChatModel, service: OpenAiService) => Promise<void>,
  timeoutMs = 5000,
): Promise<void> {
  const service = await startOpenAiService({
    apiKey: "sk-test",
    behaviour: { firstTokenMs: 0, tokenMs: 0, cachedShare: 0.5 },
  });
  try {
    const endpoint = { baseUrl: service.baseUrl, apiKey: "sk-test" };
    await use(createChatModel({ provider: "openai", endpoint, timeoutMs }), service);
  } finally {
    await service.stop();
  }
}

Deno.test("the request has the model's bare name, a schema, and no tools", async () => {
  await withModel(async (model, service) => {
    const reply = await model.fillIn(CALL, UNDERSTANDING_FORMAT, NEVER);
    assert.equal(typeof JSON.parse(reply.text).is_off_topic, "boolean");
    assert.ok(reply.usage && reply.usage.cachedTokens < reply.usage.inputTokens);
    const [request] = service.requests();
    assert.equal(request?.model, "gpt-5.4-mini");
    assert.equal(request?.max_completion_tokens, 500);
    assert.equal(request?.["tools"], undefined);
  });
});

Deno.test("the effort in the model's setting is sent in its provider's format", async () => {
  await withModel(async (model, service) => {
    const call = { ...CALL, model: "openai/gpt-5.4-mini#low" };
    await model.fillIn(call, UNDERSTANDING_FORMAT, NEVER);
    await Array.fromAsync(model.write(call, NEVER));
    for (const request of service.requests()) {
      assert.equal(request.model, "gpt-5.4-mini");
      assert.equal(request["reasoning_effort"], "low");
    }
    assert.equal(service.requests().length, 2);
  });
});

Deno.test("OpenRouter is told to avoid upstreams that ignore the schema", async () => {
  await withModel(async (_, service) => {
    const model = createChatModel({
      provider: "openrouter",
      endpoint: { baseUrl: service.baseUrl, apiKey: "sk-test" },
      timeoutMs: 5000,
    });
    await model.fillIn(CALL, UNDERSTANDING_FORMAT, NEVER);
    const [request] = service.requests();
    assert.deepEqual(request?.["provider"], { require_parameters: true });
    assert.equal(request?.model, CALL.model);
  });
});

Deno.test("write() yields an answer piece by piece and the usage last", async () => {
  await withModel(async (model) => {
    const chunks = await Array.fromAsync(model.write(CALL, NEVER));
    assert.equal(chunks.map(({ text }) => text).join(""), "(Simulated answer) runs 42.");
    assert.ok(chunks.length > 2);
    assert.deepEqual(
      chunks.map(({ usage }) => usage !== null).lastIndexOf(true),
      chunks.length - 1,
    );
  });
});

Deno.test("every failure of a provider is a ModelError that quotes no key", async () => {
  await withModel(async (model, service) => {
    for (
      const outcome of [
        "rate_limited",
        "server_error",
        "unauthorized",
        "error_in_stream",
        "disconnect",
      ] as const
    ) {
      service.change({ script: [outcome, outcome] });
      const isModelError = (error: unknown) =>
        error instanceof ModelError && !error.message.includes("sk-test");
      await assert.rejects(Array.fromAsync(model.write(CALL, NEVER)), isModelError, outcome);
      await assert.rejects(model.fillIn(CALL, UNDERSTANDING_FORMAT, NEVER), isModelError, outcome);
    }
  });
});

Deno.test("an error among the chunks is reported with the provider's message, not as a lost connection", async () => {
  await withModel(async (model, service) => {
    service.change({ script: ["error_in_stream"] });
    await assert.rejects(
      Array.fromAsync(model.write(CALL, NEVER)),
      { name: "ModelError", message: /^502 The server had an error/ },
    );
  });
});

Deno.test("a call that exceeds its timeout is aborted", async () => {
  await withModel(async (model, service) => {
    service.change({ script: ["hang"] });
    await assert.rejects(model.fillIn(CALL, UNDERSTANDING_FORMAT, NEVER), /did not answer in time/);
    service.change({ tokenMs: 10_000 });
    await assert.rejects(Array.fromAsync(model.write(CALL, NEVER)), /did not answer in time/);
  }, 200);
});

const spanSchema = z.object({
  resourceSpans: z.tuple([z.object({
    scopeSpans: z.tuple([z.object({
      spans: z.tuple([z.object({
        traceId: z.string().regex(/^[0-9a-f]{32}$/),
        spanId: z.string().regex(/^[0-9a-f]{16}$/),
        name: z.string(),
        kind: z.literal(3),
        startTimeUnixNano: z.string(),
        endTimeUnixNano: z.string(),
        attributes: z.array(
          z.object({ key: z.string(), value: z.record(z.string(), z.unknown()) }),
        ),
        status: z.object({ code: z.literal(2), message: z.string() }).optional(),
      })]),
    })]),
  })]),
});

/** Returns the spans that a collector receives while `use` runs. */
async function collect(
  hasContent: boolean,
  use: (model: ChatModel, service: OpenAiService) => Promise<void>,
) {
  const bodies: unknown[] = [];
  const failures: unknown[] = [];
  const work: Promise<unknown>[] = [];
  const collector = await listen(async (request) => {
    assert.equal(request.headers.get("authorization"), "Basic x y");
    bodies.push(await request.json());
    return Response.json({});
  });
  await withModel(async (model, service) => {
    const traced = traceModel(model, {
      provider: "openai",
      baseUrl: service.baseUrl,
      hasContent,
      waitUntil: (pending) => work.push(pending),
      exportSpan: createOtlpExporter({
        endpoint: `${collector.url}/`,
        headers: "authorization=Basic%20x%20y",
        serviceName: "chat",
        onFailure: (error) => failures.push(error),
      }),
    });
    await use(traced, service);
    await Promise.all(work);
  });
  await collector.stop();
  assert.deepEqual(failures, []);
  return bodies.map((body) => spanSchema.parse(body).resourceSpans[0].scopeSpans[0].spans[0]);
}

Deno.test("a call is exported as a span by OpenTelemetry's conventions for models", async () => {
  const [span] = await collect(false, async (model) => {
    await Array.fromAsync(model.write(CALL, NEVER));
  });
  assert.ok(span);
  const attributes = Object.fromEntries(span.attributes.map(({ key, value }) => [key, value]));
  assert.equal(span.name, "chat openai/gpt-5.4-mini");
  assert.equal(span.traceId, CALL.questionId.replaceAll("-", ""));
  assert.ok(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano));
  assert.deepEqual(attributes["gen_ai.operation.name"], { stringValue: "chat" });
  assert.deepEqual(attributes["gen_ai.request.model"], { stringValue: CALL.model });
  assert.deepEqual(attributes["gen_ai.conversation.id"], { stringValue: CALL.conversationId });
  for (const name of ["input_tokens", "output_tokens", "cache_read.input_tokens"]) {
    assert.match(String(attributes[`gen_ai.usage.${name}`]?.["intValue"]), /^[1-9]\d*$/, name);
  }
  assert.doesNotMatch(JSON.stringify(span), /Secret words|runs 42/);
});

Deno.test("a span contains prompts and answers only if the setting asks for them", async () => {
  const [span] = await collect(true, async (model) => {
    await Array.fromAsync(model.write(CALL, NEVER));
  });
  assert.match(JSON.stringify(span), /gen_ai\.input\.messages.*Secret words/);
  assert.match(JSON.stringify(span), /gen_ai\.output\.messages.*runs 42/);
});

Deno.test("a failed call is exported as a span with only the name of its error", async () => {
  const [span] = await collect(false, async (model, service) => {
    service.change({ script: ["server_error"] });
    await assert.rejects(model.fillIn(CALL, UNDERSTANDING_FORMAT, NEVER));
  });
  assert.deepEqual(span?.status, { code: 2, message: "ModelError" });
});

Deno.test("an unavailable collector adds a line to the log and does not affect the answer", async () => {
  const failures: unknown[] = [];
  const exportSpan = createOtlpExporter({
    endpoint: "http://127.0.0.1:9",
    serviceName: "chat",
    onFailure: (error) => failures.push(error),
  });
  await exportSpan({
    name: "x",
    traceId: "0".repeat(32),
    startedAt: 1,
    endedAt: 2,
    attributes: {},
  });
  assert.equal(failures.length, 1);
});
