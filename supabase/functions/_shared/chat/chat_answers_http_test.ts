import assert from "node:assert/strict";
import { type ChatModel, createChatModel, type ModelCall, type ModelReply } from "./chat_model.ts";
import { ModelError } from "./failures.ts";

const CALL: ModelCall = {
  model: "m",
  messages: [{ role: "user", content: "?" }],
  maxOutputTokens: 100,
  conversationId: "11111111-1111-4111-8111-111111111111",
  questionId: "22222222-2222-4222-8222-222222222222",
};
const NEVER = new AbortController().signal;

async function withAnswer(
  body: string,
  type: string,
  use: (model: ChatModel) => Promise<void>,
): Promise<void> {
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    async (got) => {
      await got.arrayBuffer();
      return new Response(body, { headers: { "content-type": type } });
    },
  );
  const baseUrl = `http://127.0.0.1:${server.addr.port}/v1`;
  const endpoint = { baseUrl, apiKey: "sk-000000" };
  await use(createChatModel({ provider: "compatible", endpoint, timeoutMs: 20_000 }));
}

/** Returns the reply, or the error's message. */
async function fillIn(body: unknown): Promise<ModelReply | string> {
  let told: ModelReply | string = "";
  await withAnswer(JSON.stringify(body), "application/json", async (model) => {
    told = await model.fillIn(CALL, { name: "x", schema: { type: "object" } }, NEVER)
      .catch((error: unknown) => error instanceof ModelError ? error.message : "no model's error");
  });
  return told;
}

/** Returns the pieces, followed by the error's message if there was one. */
async function write(body: string, type = "text/event-stream"): Promise<string[]> {
  const told: string[] = [];
  await withAnswer(body, type, async (model) => {
    try {
      for await (const { text } of model.write(CALL, NEVER)) told.push(text);
    } catch (error) {
      told.push(error instanceof ModelError ? error.message : "no model's error");
    }
  });
  return told;
}

const completion = (message: unknown, finish = "stop", usage: unknown = null) => ({
  id: "1",
  choices: [{ finish_reason: finish, message }],
  usage,
});
const events = (...chunks: unknown[]) =>
  [...chunks.map((chunk) => `data: ${JSON.stringify(chunk)}`), "data: [DONE]", ""].join("\n\n");
const delta = (part: unknown, finish: string | null = null, more = {}) => ({
  id: "1",
  choices: [{ index: 0, delta: part, finish_reason: finish }],
  ...more,
});
const THINKING = { type: "thinking", thinking: [{ type: "text", text: "hm" }] };

Deno.test("over HTTP, fillIn() returns the text of the answer without the reasoning before it", async () => {
  const parts = [THINKING, { type: "text", text: "{}" }];
  assert.deepEqual(
    await fillIn(
      completion({ content: parts }, "stop", { prompt_tokens: 3, completion_tokens: 2 }),
    ),
    { id: "1", text: "{}", usage: { inputTokens: 3, outputTokens: 2, cachedTokens: 0 } },
  );
  assert.deepEqual(
    await fillIn(completion({ content: "{}" }, "stop", { prompt_tokens: null })),
    { id: "1", text: "{}", usage: null },
  );
});

Deno.test("over HTTP, fillIn() rejects with the reason if the schema was not filled in", async () => {
  const cases: [unknown, RegExp][] = [
    [completion({ content: "" }, "length"), /cut off at the token limit/],
    [completion({ content: null, refusal: "No." }), /refused/],
    [completion({ content: "" }, "content_filter"), /withheld/],
    [
      completion({ content: "" }, "stop", { prompt_tokens: 1, completion_tokens: 9 }),
      /wrote nothing/,
    ],
    [{ error: { code: 502, message: "Upstream broke" } }, /502 Upstream broke/],
    [{ choices: [] }, /no choices/],
  ];
  for (const [body, message] of cases) assert.match(String(await fillIn(body)), message);
});

Deno.test("over HTTP, write() yields only text, whatever else the chunks contain", async () => {
  const body = events(
    delta({ content: [THINKING] }),
    delta({ reasoning_content: "hm" }),
    delta({ content: [{ type: "text", text: "Hel" }] }),
    delta({ content: "lo" }),
    delta({}, "stop"),
  );
  assert.deepEqual(await write(body), ["Hel", "lo"]);
});

Deno.test("over HTTP, an answer that was cut off ends with an error that gives the reason", async () => {
  const begun = delta({ content: "Hel" });
  const cases: [string, string[]][] = [
    [events(begun, delta({}, "length")), ["Hel", "The answer was cut off at the token limit."]],
    [events(delta({ reasoning: "hm" }, "length")), ["The answer was cut off at the token limit."]],
    [events(begun, delta({}, "content_filter")), ["Hel", "The provider withheld the answer."]],
    [events(begun, delta({ content: "" }, "error")), ["Hel", "The answer broke off."]],
    [
      events(begun, delta({}, "error", { error: { code: 502, message: "Provider disconnected" } })),
      ["Hel", "502 Provider disconnected"],
    ],
    [events(begun), ["Hel", "The answer broke off."]],
    [events(delta({ reasoning: "hm" }), delta({}, "stop")), ["The model wrote nothing."]],
  ];
  for (const [body, told] of cases) assert.deepEqual(await write(body), told);
});

Deno.test("over HTTP, an error or a whole answer in place of a stream is recognised under any content type", async () => {
  for (const type of ["text/event-stream", "application/json"]) {
    const error = JSON.stringify({ error: { message: "busy", code: 429 } });
    assert.deepEqual(await write(error, type), ["429 busy"], type);
    assert.deepEqual(await write(JSON.stringify(completion({ content: "Hello" })), type), [
      "Hello",
    ]);
  }
  assert.match(String(await write("<html>Sign in</html>", "text/html")), /web page .* Sign in/);
});
