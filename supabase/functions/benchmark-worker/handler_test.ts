import assert from "node:assert/strict";
import { createLogger } from "../_shared/platform/logger.ts";
import { type BenchmarkWorkerHandlerDeps, createHandler } from "./handler.ts";

const SECRET = "sb_secret_0123456789";
const REPORT = "4f7c1f0e-2a4b-4c8d-9e10-5b6a7c8d9e0f";

interface Harness {
  readonly handler: (request: Request) => Promise<Response>;
  readonly started: (string | null)[];
  readonly kept: Promise<unknown>[];
  readonly lines: string[];
}

function makeHarness(work?: BenchmarkWorkerHandlerDeps["work"]): Harness {
  const started: (string | null)[] = [];
  const kept: Promise<unknown>[] = [];
  const lines: string[] = [];
  const handler = createHandler({
    secretKeys: [SECRET],
    work: work ?? ((reportId) => {
      started.push(reportId);
      return Promise.resolve();
    }),
    waitUntil: (promise) => kept.push(promise),
    log: createLogger({ name: "benchmark-worker", write: (line) => lines.push(line) }),
  });
  return { handler, started, kept, lines };
}

function post(body: unknown, headers: Record<string, string> = { apikey: SECRET }): Request {
  return new Request("http://127.0.0.1/benchmark-worker", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
}

Deno.test("the worker is told which report to serve first, or none", async () => {
  const { handler, started } = makeHarness();
  await handler(post({ report_id: REPORT }));
  await handler(post({ report_id: null }));
  await handler(post({}));
  assert.deepEqual(started, [REPORT, null, null]);
});

Deno.test("what names no report starts no worker", async () => {
  const { handler, started } = makeHarness();
  assert.equal((await handler(post({ report_id: "all" }))).status, 422);
  assert.equal((await handler(post({ report: REPORT }))).status, 422);
  assert.equal((await handler(post({ report_id: REPORT }, {}))).status, 401);
  assert.deepEqual(started, []);
});

Deno.test("a worker that fails is logged with its report, and what waits for it does not fail", async () => {
  const { handler, kept, lines } = makeHarness(() => {
    throw new Error("no database");
  });
  assert.equal((await handler(post({ report_id: REPORT }))).status, 202);
  await Promise.all(kept);
  const line = lines.find((text) => text.includes("no database"));
  assert.ok(line?.startsWith(`[benchmark:${REPORT}] `), lines.join("\n"));
});
