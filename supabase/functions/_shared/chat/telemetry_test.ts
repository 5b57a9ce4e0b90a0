import assert from "node:assert/strict";
import fc from "fast-check";
import { createLogger } from "../platform/logger.ts";
import { createVirtualClock } from "../testing/virtual_clock.ts";
import { createTelemetry } from "./telemetry.ts";
import type { TelemetryRecord, TelemetryStore } from "./telemetry_log.ts";

const RECORD: TelemetryRecord = {
  logId: "00000000-0000-4000-8000-0000000000a1",
  userId: "00000000-0000-4000-8000-00000000000a",
  conversationId: null,
  answerId: null,
  responseId: null,
  userQuestion: "Which model was cheapest?",
  aiResponse: null,
  generatedSql: null,
  sqlShapeHash: null,
  resultRowCount: null,
  followUpSuggestions: null,
  errorType: null,
  errorMessage: null,
  failedStep: null,
  isOffTopic: false,
  sqlModel: null,
  responseModel: null,
  nlToSqlDurationMs: null,
  sqlExecutionDurationMs: null,
  responseGenerationDurationMs: null,
  ttfbMs: null,
  sqlTokens: null,
  responseTokens: null,
  writtenOffUsd: 0,
};

/** A writer over a store that fails as often as there are `failures`, and what came of it. */
function arrange(failures: readonly unknown[] = [], isPassing = true) {
  const attempts: TelemetryRecord[] = [];
  const lines: string[] = [];
  const held: Promise<unknown>[] = [];
  const left = [...failures];
  const store: TelemetryStore = {
    insert(record) {
      attempts.push(record);
      return left.length > 0 ? Promise.reject(left.shift()) : Promise.resolve();
    },
    isPassing: () => isPassing,
  };
  const clock = createVirtualClock();
  const persistTelemetry = createTelemetry(store, {
    waitUntil: (work) => void held.push(work),
    log: createLogger({ name: "chat", write: (line) => void lines.push(line) }),
    clock,
  });
  return { persistTelemetry, attempts, lines, settle: () => clock.run(Promise.all(held)) };
}

Deno.test("the isolate waits for telemetry, and the answer does not", async () => {
  const stalled = Promise.withResolvers<void>();
  const held: Promise<unknown>[] = [];
  const persistTelemetry = createTelemetry(
    { insert: () => stalled.promise, isPassing: () => false },
    {
      waitUntil: (work) => void held.push(work),
      log: createLogger({ name: "chat", write: () => {} }),
      clock: createVirtualClock(),
    },
  );
  await persistTelemetry(RECORD);
  assert.equal(held.length, 1);
  assert.equal(await Promise.race([held[0], Promise.resolve("pending")]), "pending");
  stalled.resolve();
  await held[0];
});

Deno.test("an insert that fails for a moment is retried with the same id", async () => {
  const { persistTelemetry, attempts, lines, settle } = arrange([
    new Error("away"),
    new Error("away"),
  ]);
  await persistTelemetry(RECORD);
  await settle();
  assert.equal(attempts.length, 3);
  assert.deepEqual(new Set(attempts.map(({ logId }) => logId)), new Set([RECORD.logId]));
  assert.deepEqual(lines, []);
});

Deno.test("a row that cannot be written is logged once without its question, and nothing is thrown", async () => {
  for (const failures of [[new Error("refused")], ["not even an error"]]) {
    const { persistTelemetry, attempts, lines, settle } = arrange(failures, false);
    await persistTelemetry(RECORD);
    await settle();
    assert.equal(attempts.length, 1);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? "", /"telemetry row was not written"/);
    assert.doesNotMatch(lines[0] ?? "", /cheapest/);
  }
});

Deno.test("retries end while the database stays unavailable", async () => {
  const { persistTelemetry, attempts, lines, settle } = arrange(Array(10).fill(new Error("away")));
  await persistTelemetry(RECORD);
  await settle();
  assert.equal(attempts.length, 4);
  assert.equal(lines.length, 1);
});

Deno.test("a failing waitUntil does not lose the row", async () => {
  const written: string[] = [];
  const lines: string[] = [];
  const persistTelemetry = createTelemetry(
    {
      insert: ({ logId }) => {
        written.push(logId);
        return Promise.resolve();
      },
      isPassing: () => false,
    },
    {
      waitUntil: () => {
        throw new Error("the isolate is ending");
      },
      log: createLogger({ name: "chat", write: (line) => void lines.push(line) }),
      clock: createVirtualClock(),
    },
  );
  await persistTelemetry(RECORD);
  assert.equal(written.length, 1);
  assert.equal(lines.length, 1);
});

Deno.test("any text and number of a model is turned into what Postgres can store", async () => {
  const text = fc.string({ unit: "binary" });
  const number = fc.option(fc.oneof(fc.double(), fc.integer()));
  await fc.assert(
    fc.asyncProperty(text, text, number, async (question, followUp, ms) => {
      const { persistTelemetry, attempts, settle } = arrange();
      await persistTelemetry({
        ...RECORD,
        userQuestion: `${question}\0\ud800`,
        followUpSuggestions: [followUp],
        ttfbMs: ms,
      });
      await settle();
      const { userQuestion, followUpSuggestions, ttfbMs } = attempts[0] ?? RECORD;
      for (const stored of [userQuestion, ...followUpSuggestions ?? []]) {
        assert.ok(stored.isWellFormed() && !stored.includes("\0"));
      }
      assert.ok(ttfbMs === null || (Number.isInteger(ttfbMs) && ttfbMs >= 0 && ttfbMs < 2 ** 31));
      if (Number.isInteger(ms) && ttfbMs !== 0 && ttfbMs !== 2 ** 31 - 1) assert.equal(ttfbMs, ms);
    }),
  );
});
