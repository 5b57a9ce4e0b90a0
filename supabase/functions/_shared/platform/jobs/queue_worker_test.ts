import assert from "node:assert/strict";
import { createLogger } from "../logger.ts";
import { createVirtualClock } from "../../testing/virtual_clock.ts";
import { aWorkerRun } from "../../testing/worker_run.ts";
import { createQueueWorkerHandler, workOnQueue } from "./queue_worker.ts";
import type { Reply } from "./run_worker.ts";

const SECRET = "sb_secret_0123456789";
const GROUP = "4f7c1f0e-2a4b-4c8d-9e10-5b6a7c8d9e0f";

function setUp(work?: () => Promise<unknown>) {
  const started: (string | null)[] = [];
  const kept: Promise<unknown>[] = [];
  const lines: string[] = [];
  const handler = createQueueWorkerHandler({
    secretKeys: [SECRET],
    readTokenDigest: () => Promise.resolve(null),
    groupField: "report_id",
    work: (groupId) => {
      started.push(groupId);
      return work?.() ?? Promise.resolve();
    },
    waitUntil: (promise) => kept.push(promise),
    log: createLogger({ name: "test-worker", write: (line) => lines.push(line) }),
  });
  const post = (body: unknown, headers: Record<string, string> = { apikey: SECRET }) =>
    handler(
      new Request("http://127.0.0.1/test-worker", {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify(body),
      }),
    );
  return { post, started, kept, lines };
}

Deno.test("a queue worker is told which group to serve first, or none", async () => {
  const { post, started } = setUp();
  for (const body of [{ group_id: GROUP }, { group_id: null }, {}]) {
    assert.equal((await post(body)).status, 202);
  }
  assert.deepEqual(started, [GROUP, null, null]);
});

Deno.test("without the secret key, or with another body, no queue worker starts", async () => {
  const { post, started } = setUp();
  assert.equal((await post({ group_id: GROUP }, {})).status, 401);
  assert.equal((await post({ group_id: GROUP }, { apikey: "sb_secret_x" })).status, 401);
  assert.equal((await post({ group_id: "all" })).status, 422);
  assert.equal((await post({ report_id: GROUP })).status, 422);
  assert.deepEqual(started, []);
});

Deno.test("a queue worker that fails is logged with its group, and the call that started it does not fail", async () => {
  const { post, kept, lines } = setUp(() => {
    throw new Error("no database");
  });
  assert.equal((await post({ group_id: GROUP })).status, 202);
  await Promise.all(kept);
  const line = lines.find((text) => text.includes("no database"));
  assert.ok(line?.startsWith(`[benchmark:${GROUP}] `), lines.join("\n"));
});

/** An error as postgres.js throws it. */
function statementError(code: string): Error {
  return Object.assign(new Error("refused"), { name: "PostgresError", code });
}

Deno.test("one result that the database refuses is replaced, the others are recorded, and the end is logged", async () => {
  const clock = createVirtualClock();
  const waiting = [1, 2, 3];
  const recorded: string[] = [];
  const lines: string[] = [];
  const replies: number[] = [];
  const summary = await clock.run(workOnQueue<number, string, Reply<number>>(
    {
      source: {
        register: () => Promise.resolve(45_000),
        exchange(results, want) {
          if (results.includes("bad 2")) return Promise.reject(statementError("22P05"));
          recorded.push(...results);
          const jobs = waiting.splice(0, want);
          return Promise.resolve({
            jobs,
            prefetched: [],
            revoked: [],
            rejected: [],
            waiting: waiting.length,
            inFlight: jobs.length,
            nextRunAtMs: null,
          });
        },
        renew: () => Promise.resolve(0),
        release: () => Promise.resolve(),
        changedNothing: () => true,
        isFault: () => false,
      },
      handle: (job) => Promise.resolve(job === 2 ? "bad 2" : `good ${job}`),
      recover: () => "recovered",
      replaceResult: (result) => `replaced ${result}`,
      handover: {
        laneOf: () => null,
        idOf: (job) => job,
        haltsPrefetched: () => false,
        passOn: (result) => result,
        giveBack: () => "given back",
      },
      logReply: ({ jobs }) => replies.push(jobs.length),
    },
    aWorkerRun({ clock, log: createLogger({ name: "test", write: (line) => lines.push(line) }) }),
  ));
  assert.equal(summary.ending, "drained");
  assert.deepEqual(recorded.toSorted(), ["good 1", "good 3", "replaced bad 2"]);
  assert.equal(replies.reduce((sum, jobs) => sum + jobs), 3);
  assert.match(lines.at(-1) ?? "", /worker ended.*"ending":"drained".*"duration_ms"/);
});
