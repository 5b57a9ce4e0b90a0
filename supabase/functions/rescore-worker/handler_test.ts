import assert from "node:assert/strict";
import { createLogger } from "../_shared/platform/logger.ts";
import { createHandler } from "./handler.ts";

const KEY = "sb_secret_0123456789";

Deno.test("a call of the database starts a worker, and a malformed one or one without the key does not", async () => {
  let started = 0;
  const pending: Promise<unknown>[] = [];
  const handler = createHandler({
    secretKeys: [KEY],
    work: () => Promise.resolve(started++),
    waitUntil: (promise) => pending.push(promise),
    log: createLogger({ name: "rescore-worker", write: () => {} }),
  });
  const statusOf = async (apikey: string, body: unknown) => {
    const response = await handler(
      new Request("http://127.0.0.1/rescore-worker", {
        method: "POST",
        headers: { "content-type": "application/json", apikey },
        body: JSON.stringify(body),
      }),
    );
    return response.status;
  };
  assert.equal(await statusOf("sb_secret_wrong", {}), 401);
  assert.equal(await statusOf(KEY, { report: 1 }), 422);
  assert.equal(await statusOf(KEY, { report_id: null }), 202);
  assert.equal(await statusOf(KEY, { report_id: crypto.randomUUID() }), 202);
  await Promise.all(pending);
  assert.equal(started, 2);
});
