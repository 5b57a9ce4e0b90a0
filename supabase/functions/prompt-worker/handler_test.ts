import assert from "node:assert/strict";
import { createLogger } from "../_shared/platform/logger.ts";
import { createHandler } from "./handler.ts";

const SECRET = "sb_secret_0123456789";
const RUN = "4f7c1f0e-2a4b-4c8d-9e10-5b6a7c8d9e0f";

function makeHarness() {
  const started: (string | null)[] = [];
  const handler = createHandler({
    secretKeys: [SECRET],
    work: (runId) => {
      started.push(runId);
      return Promise.resolve();
    },
    waitUntil: () => {},
    log: createLogger({ name: "prompt-worker", write: () => {} }),
  });
  const post = (body: unknown, headers: Record<string, string> = { apikey: SECRET }) =>
    handler(
      new Request("http://127.0.0.1/prompt-worker", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    );
  return { post, started };
}

Deno.test("the prompt worker is told which run to serve first, or none", async () => {
  const { post, started } = makeHarness();
  for (const body of [{ report_id: RUN }, { report_id: null }, {}]) {
    assert.equal((await post(body)).status, 202);
  }
  assert.deepEqual(started, [RUN, null, null]);
});

Deno.test("without the secret key, or with another body, no prompt worker starts", async () => {
  const { post, started } = makeHarness();
  assert.equal((await post({ report_id: RUN }, {})).status, 401);
  assert.equal((await post({ report_id: RUN }, { apikey: "sb_secret_x" })).status, 401);
  assert.equal((await post({ report_id: "all" })).status, 422);
  assert.equal((await post({ run_id: RUN })).status, 422);
  assert.deepEqual(started, []);
});
