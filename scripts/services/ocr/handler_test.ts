import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import OpenAI from "openai";
import { createOcrHandler, type OcrDeps } from "./handler.ts";
import { wordsOfText } from "./_test_util.ts";
import { UnreadableImageError } from "./page_layout.ts";

const png = await Deno.readFile(
  new URL("../../../examples/receipts/02-software-invoice.png", import.meta.url),
);
const dataUrl = (file: Uint8Array) =>
  `data:image/png;base64,${Buffer.from(file).toString("base64")}`;
const page = "Ship Shape Ltd\nInvoice no 4417\nTotal   £9.00";
const schema = {
  type: "object",
  properties: { vendor: { type: "string" }, total: { type: "number" } },
  required: ["vendor", "total"],
};

/** Serves without an engine to the official client, without a network. */
function serve(changes: Partial<OcrDeps> = {}) {
  const handler = createOcrHandler({
    read: () => Promise.resolve([{ words: wordsOfText(page), slope: 0 }]),
    limits: { maxBytes: 100_000, maxPixels: 2_000_000 },
    readSeconds: 60,
    now: () => new Date("2026-11-21T12:00:00Z"),
    ...changes,
  });
  const client = new OpenAI({
    apiKey: "none",
    baseURL: "http://ocr.test/v1",
    maxRetries: 0,
    fetch: (input, init) => handler(new Request(input, init)),
  });
  return { handler, client };
}

const messages = (url: string): OpenAI.ChatCompletionMessageParam[] => [{
  role: "user",
  content: [{ type: "text", text: "Read it." }, { type: "image_url", image_url: { url } }],
}];

/** Returns the error of a completion that must fail, as the client sees it. */
async function refusal(
  client: OpenAI,
  body: { model?: string; url?: string },
): Promise<{ status: number; code: string; param: string }> {
  const { model = "local/tesseract-fast", url = dataUrl(png) } = body;
  try {
    await client.chat.completions.create({ model, messages: messages(url) });
  } catch (error) {
    assert.ok(error instanceof OpenAI.APIError);
    return { status: Number(error.status), code: String(error.code), param: String(error.param) };
  }
  assert.fail("The request was served");
}

Deno.test("the client gets a completion with the schema's JSON and its usage", async () => {
  const { client } = serve();
  const completion = await client.chat.completions.create({
    model: "tesseract-best",
    messages: messages(dataUrl(png)),
    temperature: 0,
    response_format: { type: "json_schema", json_schema: { name: "r", strict: true, schema } },
  });
  const [choice] = completion.choices;
  assert.deepEqual(JSON.parse(choice?.message.content ?? ""), {
    vendor: "Ship Shape Ltd",
    total: 9,
  });
  assert.equal(choice?.finish_reason, "stop");
  assert.equal(completion.model, "local/tesseract-best");
  assert.equal(completion.created, Date.UTC(2026, 10, 21, 12) / 1000);
  assert.match(completion.id, /^chatcmpl-\w+$/);
  const { usage } = completion;
  assert.ok(usage !== undefined && usage.prompt_tokens > 0 && usage.completion_tokens > 0);
  assert.equal(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
});

Deno.test("without a schema the answer is the text of the page", async () => {
  const { client } = serve();
  const completion = await client.chat.completions.create({
    model: "local/tesseract-fast",
    messages: messages(dataUrl(png)),
  });
  assert.equal(
    completion.choices[0]?.message.content,
    "Ship Shape Ltd\nInvoice no 4417\nTotal  £9.00",
  );
});

Deno.test("the client lists the models and finds one by its name", async () => {
  const { client } = serve();
  const ids = (await client.models.list()).data.map((model) => model.id);
  assert.ok(ids.length >= 4);
  assert.ok(ids.every((id) => id.startsWith("local/")));
  assert.equal((await client.models.retrieve("local/tesseract-sparse")).object, "model");
});

Deno.test("an unknown model is 404 model_not_found, as at OpenAI", async () => {
  const { client } = serve();
  assert.deepEqual(await refusal(client, { model: "local/gpt" }), {
    status: 404,
    code: "model_not_found",
    param: "model",
  });
});

Deno.test("a file that is not an image or is too large is refused before it is read", async () => {
  const unread = { read: () => assert.fail("The image reached the engine") };
  const { client } = serve(unread);
  const bad = { status: 400, code: "invalid_image_url", param: "messages" };
  assert.deepEqual(await refusal(client, { url: "data:image/png;base64,????" }), bad);
  assert.deepEqual(await refusal(client, { url: "data:text/plain,hello" }), bad);
  assert.deepEqual(await refusal(client, { url: "file:///etc/passwd" }), bad);
  assert.deepEqual(await refusal(client, { url: dataUrl(new Uint8Array(40)) }), bad);
  const few = serve({ ...unread, limits: { maxBytes: 100_000, maxPixels: 1000 } });
  assert.deepEqual(await refusal(few.client, {}), bad);
  const small = serve({ ...unread, limits: { maxBytes: 1000, maxPixels: 2_000_000 } });
  assert.equal((await refusal(small.client, {})).status, 413);
});

Deno.test("every kind of JPEG and WebP that checkout accepts reaches the engine", async () => {
  const { client } = serve();
  const images = {
    "a JPEG whose frame has fill bytes before it":
      "jpeg;base64,/9j/4AAEAAD////AABEIAAMABQMBIgACEQEDEQE=",
    "a lossy WebP": "webp;base64,UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoFAAMAAAA=",
    "a lossless WebP": "webp;base64,UklGRh4AAABXRUJQVlA4TBEAAAAvBIAAAAAAAAA=",
    "a WebP with extensions": "webp;base64,UklGRh4AAABXRUJQVlA4WAoAAAAQAAAABAAAAgAA",
  };
  for (const [kind, data] of Object.entries(images)) {
    const completion = await client.chat.completions.create({
      model: "local/tesseract-fast",
      messages: messages(`data:image/${data}`),
    });
    assert.equal(completion.choices.length, 1, kind);
  }
});

Deno.test("a body larger than any allowed image is 413 and not parsed", async () => {
  const { handler } = serve();
  const response = await handler(
    new Request("http://ocr.test/v1/chat/completions", {
      method: "POST",
      body: new Uint8Array(1_200_000),
    }),
  );
  assert.equal(response.status, 413);
  assert.equal((await response.json()).error.code, "request_too_large");
});

Deno.test("an image that the engine refuses is a client error, one that takes too long a server error", async () => {
  const refused = serve({ read: () => Promise.reject(new UnreadableImageError("no")) });
  assert.equal((await refusal(refused.client, {})).code, "invalid_image");
  const slow = serve({
    readSeconds: 0.01,
    read: (_image, _model, signal) =>
      new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  });
  assert.deepEqual(await refusal(slow.client, {}), {
    status: 503,
    code: "timeout",
    param: "null",
  });
});

Deno.test("other paths are 404 and other methods 405, both as error bodies", async () => {
  const { handler } = serve();
  const missing = await handler(new Request("http://ocr.test/v1/embeddings", { method: "POST" }));
  assert.equal(missing.status, 404);
  assert.equal((await missing.json()).error.code, "unknown_url");
  const wrong = await handler(new Request("http://ocr.test/v1/chat/completions"));
  assert.equal(wrong.status, 405);
  const unreadable = await handler(new Request("http://ocr.test/v1/models/%E0%A4%A"));
  assert.equal(unreadable.status, 404);
  assert.equal((await unreadable.json()).error.code, "model_not_found");
  assert.ok(unreadable.headers.get("x-request-id"), "what is refused can be asked about as well");
});
