import assert from "node:assert/strict";
import { z } from "zod";
import { createLogger } from "../logger.ts";
import { serveWorker } from "./serve_worker.ts";

const KEY = "sb_secret_0123456789";
const LEGACY_KEY = "legacy.service.role";

function setUp(work: (batch: number) => Promise<unknown> = () => Promise.resolve()) {
  const started: number[] = [];
  const kept: Promise<unknown>[] = [];
  const lines: string[] = [];
  const handler = serveWorker({
    secretKeys: [KEY, LEGACY_KEY],
    readTokenDigest: () => Promise.resolve(null),
    waitUntil: (promise) => kept.push(promise),
    log: createLogger({ name: "test-worker", write: (line) => lines.push(line) }),
    schema: z.strictObject({ batch: z.number() }),
    about: ({ batch }) => ({ batch }),
    work: ({ batch }) => {
      started.push(batch);
      return work(batch);
    },
  });
  const post = (body: unknown, headers: Record<string, string> = { apikey: KEY }) =>
    handler(
      new Request("http://127.0.0.1/test-worker", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: typeof body === "string" ? body : JSON.stringify(body),
      }),
    );
  return { handler, post, started, kept, lines };
}

Deno.test("a worker is answered for with 202 while it still works, and the isolate kept for it", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { post, kept } = setUp(() => promise);
  const response = await post({ batch: 1 });
  assert.equal(response.status, 202);
  assert.deepEqual(await response.json(), { accepted: true });
  assert.equal(kept.length, 1);
  resolve();
  await kept[0];
});

Deno.test("the new secret key and the legacy one start a worker, and nothing else does", async () => {
  const { post, started } = setUp();
  assert.equal((await post({ batch: 1 })).status, 202);
  assert.equal((await post({ batch: 2 }, { apikey: LEGACY_KEY })).status, 202);
  for (
    const headers of [
      {},
      { apikey: "sb_publishable_1" },
      { apikey: `${KEY}x` },
      { apikey: "" },
      { authorization: `Bearer ${KEY}` },
    ]
  ) {
    const refused = await post({ batch: 3 }, headers);
    assert.equal(refused.status, 401);
    assert.equal(refused.headers.get("content-type"), "application/problem+json");
  }
  assert.deepEqual(started, [1, 2]);
});

Deno.test("what is no invocation starts no worker", async () => {
  const { handler, post, started } = setUp();
  const get = new Request("http://127.0.0.1/", { headers: { apikey: KEY } });
  assert.equal((await handler(get)).status, 405);
  assert.equal((await post("{")).status, 400);
  assert.equal((await post({ batch: "all" })).status, 422);
  assert.equal((await post({ batch: 1, more: 1 })).status, 422);
  assert.equal((await post(`"${"x".repeat(5_000)}"`)).status, 413);
  assert.deepEqual(started, []);
});

Deno.test("work that fails, at once or later, is logged with what it was about and fails nobody else", async () => {
  for (const isLate of [false, true]) {
    const { post, kept, lines } = setUp(() => {
      const error = new Error("no database");
      if (isLate) return Promise.reject(error);
      throw error;
    });
    assert.equal((await post({ batch: 7 })).status, 202);
    await Promise.all(kept);
    const line = lines.find((text) => text.includes("no database"));
    assert.match(line ?? "", /worker failed.*"batch":7/);
  }
});
