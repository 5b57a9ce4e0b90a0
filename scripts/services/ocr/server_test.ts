import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { fileURLToPath } from "node:url";
import OpenAI from "openai";
import { waitFor } from "../../testing/wait_for.ts";
import { startOcrService } from "./server.ts";

const folder = new URL("../../../examples/receipts/", import.meta.url);
const readText = (name: string) => Deno.readTextFile(new URL(name, folder));
const readFile = (name: string) => Deno.readFile(new URL(name, folder));
const prompt = await readText("prompt.txt");
const schema = JSON.parse(await readText("schema.json"));

function ask(url: string, model: string, image: string, signal?: AbortSignal) {
  const client = new OpenAI({ apiKey: "none", baseURL: url, maxRetries: 0 });
  return client.chat.completions.create({
    model,
    messages: [{
      role: "user",
      content: [{ type: "text", text: prompt }, { type: "image_url", image_url: { url: image } }],
    }],
    response_format: { type: "json_schema", json_schema: { name: "receipt", schema } },
  }, signal === undefined ? {} : { signal });
}

Deno.test("a crisp invoice is read without an error from a URL, by every neural model", async () => {
  await using service = await disposable();
  const file = await readFile("02-software-invoice.png");
  await using images = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => new Response(file, { headers: { "content-type": "image/png" } }),
  );
  const image = `http://127.0.0.1:${images.addr.port}/invoice.png`;
  const expected = JSON.parse(await readText("02-software-invoice.json"));
  const models = ["tesseract-fast", "local/tesseract-sparse", "local/tesseract-best", "paddleocr"];
  for (const model of models) {
    const completion = await ask(service.url, model, image);
    assert.deepEqual(JSON.parse(completion.choices[0]?.message.content ?? ""), expected, model);
  }
});

Deno.test("a skewed, shaded receipt is read from a data URL", async () => {
  await using service = await disposable();
  const base64 = Buffer.from(await readFile("10-hardware-skewed.png")).toString("base64");
  const image = `data:image/png;base64,${base64}`;
  const completion = await ask(service.url, "local/tesseract-best", image);
  const expected = JSON.parse(await readText("10-hardware-skewed.json"));
  assert.deepEqual(JSON.parse(completion.choices[0]?.message.content ?? ""), expected);
});

Deno.test("clients that disconnect during a reading free the engines", async () => {
  await using service = await disposable();
  const file = await readFile("02-software-invoice.png");
  const leaving = new AbortController();
  let fetched = 0;
  await using images = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => {
      // All engines are busy and more images wait by then.
      if (++fetched === 6) leaving.abort();
      return new Response(file);
    },
  );
  const image = `http://127.0.0.1:${images.addr.port}/invoice.png`;
  const results = await Promise.allSettled(
    Array.from({ length: 6 }, () => ask(service.url, "tesseract-best", image, leaving.signal)),
  );
  assert.ok(results.every((result) => result.status === "rejected"));
  const completion = await ask(service.url, "tesseract-fast", image);
  assert.equal(completion.choices.length, 1);
});

Deno.test("the service stops waiting for an image when its client disconnects", async () => {
  await using service = await disposable();
  const leaving = new AbortController();
  let isGivenUp = false;
  await using images = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    async (request) => {
      leaving.abort();
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      isGivenUp = true;
      return new Response(null, { status: 404 });
    },
  );
  const image = `http://127.0.0.1:${images.addr.port}/invoice.png`;
  await assert.rejects(ask(service.url, "tesseract-fast", image, leaving.signal));
  // The service itself gives up a download after 15 s.
  await waitFor("the download to be given up", () => Promise.resolve(isGivenUp), 10_000);
});

Deno.test("an image with a valid header and broken data is a client error and does not affect later images", async () => {
  await using service = await disposable();
  const file = await readFile("02-software-invoice.png");
  const broken = Buffer.from(file.subarray(0, 400)).toString("base64");
  await assert.rejects(
    ask(service.url, "tesseract-fast", `data:image/png;base64,${broken}`),
    (error) => error instanceof OpenAI.APIError && error.status === 400,
  );
  const whole = Buffer.from(file).toString("base64");
  const completion = await ask(service.url, "tesseract-fast", `data:image/png;base64,${whole}`);
  assert.equal(completion.choices[0]?.finish_reason, "stop");
});

Deno.test("the process announces its URL, serves, and dies with its parent", async () => {
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      fileURLToPath(new URL("server.ts", import.meta.url)),
      "--port",
      "0",
      "--die-with-parent",
    ],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value = "" } = await lines.read();
  const url = /^ready (\S+)/.exec(value)?.[1];
  assert.ok(url !== undefined, value);
  const models = await new OpenAI({ apiKey: "none", baseURL: `${url}/v1` }).models.list();
  assert.ok(models.data.length >= 3);
  await process.stdin.close();
  await lines.cancel();
  assert.equal((await process.status).code, 0);
});

/** Starts a service that `await using` stops. */
async function disposable() {
  const service = await startOcrService();
  return { url: `${service.url}/v1`, [Symbol.asyncDispose]: () => service.stop() };
}
