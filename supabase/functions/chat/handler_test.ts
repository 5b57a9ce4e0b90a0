import assert from "node:assert/strict";
import type { ChatStore } from "../_shared/chat/store.ts";
import type { TelemetryRecord } from "../_shared/chat/telemetry_log.ts";
import { notFound } from "../_shared/platform/http/problem.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { NO_TEAMS } from "../_shared/testing/account_access_fake.ts";
import { type ChatDeps, createHandler } from "./handler.ts";

const ADA = "7d2c9a3f-1b1e-4b0a-9a55-2f0e3d4c5b66";
const MEMBER = {
  accountId: ADA,
  userId: ADA,
  keyId: null,
  role: "owner",
  scopes: null,
  email: undefined,
};
const CONVERSATION = "11111111-1111-4111-8111-111111111111";
const OFF_TOPIC = JSON.stringify({ is_off_topic: true, sql: null, reason: "Because." });

/** A chat whose model finds everything off topic, but for what a test replaces. */
function serve(change: { store?: Partial<ChatStore>; model?: Partial<ChatDeps["model"]> } = {}) {
  const records: TelemetryRecord[] = [];
  const work: Promise<unknown>[] = [];
  const begun: unknown[] = [];
  const deps: ChatDeps = {
    accounts: NO_TEAMS,
    lookUpUser: (token) => Promise.resolve(token === "ada" ? { id: ADA, email: undefined } : null),
    model: {
      fillIn: () => Promise.resolve({ id: "1", text: OFF_TOPIC, usage: null }),
      write: () => {
        throw new Error("not asked");
      },
      ...change.model,
    },
    store: {
      schema: () => Promise.resolve({ relations: [] }),
      glossary: () => Promise.resolve({ terms: [], questions: [] }),
      prices: () => Promise.resolve(new Map()),
      begin: (...parameters) => {
        begun.push(parameters);
        return Promise.resolve({ conversation_id: CONVERSATION, message_id: "m1", history: [] });
      },
      run: () => Promise.reject(new Error("not asked")),
      finish: () => Promise.resolve("m2"),
      ...change.store,
    },
    checkQuery: () => Promise.reject(new Error("not asked")),
    persistTelemetry: (record) => {
      records.push(record);
      return Promise.resolve();
    },
    settings: {
      sqlModel: "s",
      responseModel: "r",
      siteUrl: "https://app.example",
      maxRows: 10,
      queryTimeoutMs: 100,
    },
    maxQuestionsPerMinute: 7,
    origins: ["https://app.example"],
    waitUntil: (pending) => work.push(pending),
    now: () => 0,
    randomId: () => "id",
    log: createLogger({ name: "chat", write: () => {} }),
  };
  const handler = createHandler(deps);
  const post = (body: unknown, headers: Record<string, string> = {}, method = "POST") =>
    handler(
      new Request("https://project.example/chat", {
        method,
        headers: { authorization: "Bearer ada", "content-type": "application/json", ...headers },
        body: method === "POST" ? JSON.stringify(body) : null,
      }),
    );
  return { post, records, work, begun };
}

Deno.test("the response head is sent before the model answers", async () => {
  const answer = Promise.withResolvers<{ id: null; text: string; usage: null }>();
  const { post } = serve({ model: { fillIn: () => answer.promise } });
  const response = await post({ question: "Hello?" }, { origin: "https://app.example" });
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/event-stream/);
  assert.equal(response.headers.get("access-control-allow-origin"), "https://app.example");
  assert.ok(response.headers.has("x-request-id"));
  answer.resolve({ id: null, text: OFF_TOPIC, usage: null });
  assert.match(await response.text(), /event: done/);
});

Deno.test("a question is stored for the user of the token, within that user's limit", async () => {
  const { post, begun } = serve();
  await (await post({ question: "  Hello?  ", conversation_id: CONVERSATION })).text();
  assert.deepEqual(begun, [[MEMBER, CONVERSATION, "Hello?", 7, null]]);
});

Deno.test("a refused request gets a problem document and no telemetry row", async () => {
  const cases = [
    [serve(), { question: "" }, {}, 422],
    [serve(), { question: "x", user_id: ADA }, {}, 422],
    [serve(), { question: "x" }, { authorization: "Bearer eve" }, 401],
    [serve(), { question: "x" }, { "content-type": "text/plain" }, 415],
    [serve(), { question: "x" }, { origin: "https://evil.example" }, 403],
    [
      serve({ store: { begin: () => Promise.reject(notFound("The conversation")) } }),
      ...[{ question: "x" }, {}, 404],
    ],
    [
      serve({ store: { begin: () => Promise.resolve({ retry_after_seconds: 42 }) } }),
      ...[{ question: "x" }, {}, 429],
    ],
    [
      serve({
        store: {
          begin: () =>
            Promise.resolve({
              over_budget: {
                scope: "user_day",
                ceiling_usd: 1,
                used_usd: 0.9,
                bound_usd: 0.2,
                resets_at: "2026-12-02T00:00:00+00:00",
                retry_after_seconds: 42,
              },
            }),
        },
      }),
      ...[{ question: "x" }, {}, 429],
    ],
    [
      serve({ store: { begin: () => Promise.resolve({ over_budget: { scope: "unpriced" } }) } }),
      ...[{ question: "x" }, {}, 503],
    ],
  ] as const;
  for (const [{ post, records }, body, headers, status] of cases) {
    const response = await post(body, { ...headers });
    assert.equal(response.status, status);
    assert.equal(response.headers.get("content-type"), "application/problem+json");
    assert.equal(response.headers.get("retry-after"), status === 429 ? "42" : null);
    await response.body?.cancel();
    assert.equal(records.length, 0);
  }
  const response = await serve().post({}, {}, "GET");
  assert.equal(response.status, 405);
});

Deno.test("a caller who disconnects aborts the model's call, and the isolate waits for the telemetry row", async () => {
  let aborted = false;
  const { post, records, work } = serve({
    model: {
      fillIn: (_call, _format, signal) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            aborted = true;
            reject(signal.reason);
          });
        }),
    },
  });
  const response = await post({ question: "Hello?" });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  while (!(await reader?.read())?.value?.includes("understanding")) {
    // Up to where the model is asked.
  }
  await reader?.cancel();
  await Promise.all(work);
  assert.ok(aborted);
  assert.deepEqual(records.map(({ failedStep, errorType }) => [failedStep, errorType]), [
    ["understanding", "unexpected"],
  ]);
});
