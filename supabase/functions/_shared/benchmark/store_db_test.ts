import assert from "node:assert/strict";
import postgres from "postgres";
import {
  payForReport,
  refundPayload,
  startTestDatabase,
} from "../../../../scripts/testing/database.ts";
import { workOnBenchmarks } from "../../benchmark-worker/work_on_benchmarks.ts";
import type { CompletionOutcome, TransientFailure } from "../models/calls/model_call.ts";
import { connectDatabase, toJson } from "../platform/database.ts";
import type { WorkerSummary } from "../platform/jobs/run_worker.ts";
import { createLogger } from "../platform/logger.ts";
import { isCertainlyUndone, isDataFault } from "../platform/statement_faults.ts";
import { createReportEndings } from "../report/store.ts";
import { aWorkerRun } from "../testing/worker_run.ts";
import { createBenchmarkStore, createWorkSource } from "./store.ts";

const database = await startTestDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

const PAID_ANSWER: CompletionOutcome = {
  kind: "answer",
  text: '{"total": 0}',
  ending: "stop",
  usage: null,
  cost: 0.002,
  responseTimeMs: 5,
};

const BROKEN: TransientFailure = {
  kind: "transient",
  reason: "network",
  message: "No connection to the provider: connection reset",
  retryAfterMs: null,
  charge: "unknown",
  cost: null,
};

interface Trial {
  readonly summary: WorkerSummary;
  readonly statements: number;
}

/** One worker on the real queue, with a provider that answers after `latencyMs`. */
async function work(
  reportId: string,
  options: {
    readonly latencyMs?: number;
    readonly answer?: (call: number) => CompletionOutcome;
    readonly onCall?: (call: number) => Promise<void>;
    /** True if the provider answers requests for its list of models, which is the default. */
    readonly isReachable?: () => boolean;
    readonly write?: (line: string) => void;
  } = {},
): Promise<Trial> {
  const sql = connectDatabase(database.url, { name: "job-store-test", max: 1 });
  const id = crypto.randomUUID();
  let statements = 0;
  let calls = 0;
  const observe = () => void statements++;
  try {
    const run = aWorkerRun({
      id,
      groupId: reportId,
      random: Math.random,
      log: createLogger({ name: "test", write: options.write ?? (() => {}) }),
    });
    const summary = await workOnBenchmarks(run, {
      source: createWorkSource(sql, run, observe),
      store: {
        ...createBenchmarkStore(sql, id, observe),
        ...createReportEndings(sql, id, observe),
      },
      images: {
        wantsBytes: () => false,
        openImages: (paths) => Promise.resolve(paths),
        readBytes: (path) => Promise.resolve(path),
      },
      provider: {
        probe: () => Promise.resolve(options.isReachable?.() ?? true ? null : BROKEN),
        complete: async () => {
          const call = calls++;
          await options.onCall?.(call);
          await new Promise((go) => setTimeout(go, options.latencyMs ?? 10));
          return options.answer?.(call) ?? {
            kind: "answer",
            text: '{"total": 1}',
            ending: "stop",
            usage: {
              inputTokens: 100,
              outputTokens: 10,
              cachedTokens: 50,
              cacheWriteTokens: 0,
              reasoningTokens: null,
            },
            cost: 0.001,
            responseTimeMs: 12,
          };
        },
      },
    });
    return { summary, statements };
  } finally {
    await sql.end({ timeout: 1 });
  }
}

async function countRuns(report: string): Promise<Record<string, number>> {
  const rows = await database.sql<{ status: string; runs: number }[]>`
    select status, count(*)::int as runs from public.benchmark_runs
    where report_id = ${report} group by status`;
  return Object.fromEntries(rows.map(({ status, runs }) => [status, runs]));
}

async function reportOf(id: string) {
  const [row] = await database.sql<[{ status: string; cost: number; summary: unknown }]>`
    select status, total_api_cost::float8 as cost, summary from public.reports where id = ${id}`;
  return row;
}

Deno.test("200 runs are recorded, charged and summed up in fewer than 1.05 statements each", async () => {
  const report = await payForReport(database, { images: 10, runsPerModel: 10 });
  const { summary, statements } = await work(report);
  assert.deepEqual([summary.ending, summary.recorded], ["drained", 200]);
  assert.deepEqual(await countRuns(report), { complete: 200 });
  const { status, cost } = await reportOf(report);
  assert.equal(status, "complete");
  assert.ok(Math.abs(cost - 0.2) < 1e-9, `${cost}`);
  assert.ok(statements <= 210, `${statements}`);
  const [run] = await database.sql`
    select output_json, raw_output, is_valid_json, field_errors, score, error_kind, input_tokens,
      output_tokens, cached_tokens, response_time_ms
    from public.benchmark_runs where report_id = ${report} and image_index = 0 limit 1`;
  assert.deepEqual({ ...run }, {
    output_json: { total: 1 },
    raw_output: '{"total": 1}',
    is_valid_json: true,
    field_errors: [{ fieldPath: "total", expected: 0, actual: 1 }],
    score: {
      strict: { correct: 0, wrong: 1, missing: 0, extra: 0 },
      relaxed: { correct: 0, wrong: 1, missing: 0, extra: 0 },
      formatOnly: 0,
      anls: 0,
    },
    error_kind: null,
    input_tokens: 100,
    output_tokens: 10,
    cached_tokens: 50,
    response_time_ms: 12,
  });
});

Deno.test("a result that the database refuses costs its own run and no other", async () => {
  const report = await payForReport(database, { images: 5 });
  const { summary } = await work(report, {
    answer: (call) => ({
      kind: "answer",
      text: "{}",
      ending: "stop",
      usage: null,
      cost: 0.001,
      // Beyond the column's type.
      responseTimeMs: call === 3 ? 1e12 : 5,
    }),
  });
  assert.equal(summary.ending, "drained");
  assert.deepEqual(await countRuns(report), { complete: 9, failed: 1 });
  const kinds = await database.sql`
    select error_kind from public.benchmark_runs where report_id = ${report} and status = 'failed'`;
  assert.deepEqual(kinds.map(({ error_kind }) => error_kind), ["fault"]);
  assert.equal((await reportOf(report)).status, "complete");
});

Deno.test("connections that are cut again and again lose no run and record none twice", async () => {
  const report = await payForReport(database, { images: 10, runsPerModel: 3 });
  let summary: WorkerSummary;
  do {
    ({ summary } = await work(report, {
      latencyMs: 40,
      onCall: async (call) => {
        if (call % 15 !== 7) return;
        await database.sql`
          select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = 'job-store-test'`;
      },
    }));
    // What a worker could not give back is another's only once its lease has run out.
  } while (["disconnected", "surplus"].includes(summary.ending));
  assert.equal(summary.ending, "drained");
  assert.deepEqual(await countRuns(report), { complete: 60 });
  const { status, cost } = await reportOf(report);
  assert.equal(status, "complete");
  const [ledger] = await database.sql`
    select count(*) filter (where state = 'settled')::int as settled
    from private.cost_ledger where group_id = ${report}`;
  assert.equal(ledger?.["settled"], 60);
  assert.ok(Math.abs(cost - 0.06) < 1e-9, `${cost}`);
});

Deno.test("a report that is refunded while it runs is logged once with its predicted and actual cost", async () => {
  const report = await payForReport(database, { images: 10, runsPerModel: 5 });
  const lines: string[] = [];
  const { summary } = await work(report, {
    write: (line) => lines.push(line),
    onCall: async (call) => {
      if (call !== 20) return;
      await database
        .workers`select public.apply_stripe_event('evt_refund', 'charge.refunded', now(), ${report}, null,
          (select stripe_payment_intent_id from public.report_orders where report_id = ${report}), false,
          ${database.workers.json(toJson(refundPayload()))})`;
    },
  });
  assert.equal(summary.ending, "drained");
  const [row] = await database.sql<[{ predicted: number; spent: number }]>`
    select estimated_api_cost::float8 as predicted, total_api_cost::float8 as spent
    from public.reports where id = ${report}`;
  assert.ok(row.spent > 0 && row.spent < row.predicted, JSON.stringify(row));
  const closing = lines.filter((line) => line.includes("report ended early"));
  assert.equal(closing.length, 1);
  assert.ok(closing[0]?.startsWith(`[benchmark:${report}] `));
  const { status, predicted_cost_usd, actual_cost_usd } = JSON.parse(
    closing[0]?.replace(/^\S+ /, "") ?? "",
  );
  assert.deepEqual([status, predicted_cost_usd, actual_cost_usd], [
    "refunded",
    row.predicted,
    row.spent,
  ]);
});

Deno.test("a report completes after its account was refused for a moment, at no cost for the refusals", async () => {
  const report = await payForReport(database, { images: 10, runsPerModel: 5 });
  await work(report, {
    answer: (call) =>
      call === 0 ? { kind: "fatal", message: "402 no credit", retryAtMs: null } : PAID_ANSWER,
  });
  assert.deepEqual(await countRuns(report), { complete: 100 });
  const { status, cost } = await reportOf(report);
  assert.equal(status, "complete");
  assert.ok(Math.abs(cost - 0.2) < 1e-9, `${cost}`);
});

Deno.test("a report's logged cost equals its stored cost, repeated calls included", async () => {
  const report = await payForReport(database, { images: 2 });
  const lines: string[] = [];
  await work(report, {
    write: (line) => lines.push(line),
    answer: (call) =>
      call === 0
        ? {
          kind: "transient",
          reason: "garbled",
          message: "The model broke off.",
          retryAfterMs: 0,
          charge: "unknown",
          cost: 0.004,
        }
        : PAID_ANSWER,
  });
  const [row] = await database.sql<[{ predicted: number; spent: number }]>`
    select estimated_api_cost::float8 as predicted, total_api_cost::float8 as spent
    from public.reports where id = ${report}`;
  assert.equal(row.spent, 0.012);
  const line = lines.find((text) => text.includes("report finalised")) ?? "";
  const { predicted_cost_usd, actual_cost_usd } = JSON.parse(line.replace(/^\S+ /, ""));
  assert.deepEqual([predicted_cost_usd, actual_cost_usd], [row.predicted, row.spent]);
});

Deno.test("a worker with another schema version leaves at once and changes nothing", async () => {
  const report = await payForReport(database, { images: 2 });
  const rename = async (from: string, to: string) => {
    await database.sql`alter function ${database.sql(`public.${from}`)} rename to ${
      database.sql(to)
    }`;
  };
  await rename("advance_benchmark_runs", "advance_renamed");
  try {
    const { summary, statements } = await work(report);
    assert.equal(summary.ending, "faulty");
    // Its registration, the report, the one that failed, and its leave.
    assert.ok(statements <= 4, `${statements} statements`);
  } finally {
    await rename("advance_renamed", "advance_benchmark_runs");
  }
  assert.equal((await database.sql`select from private.worker_leases`).length, 0);
  assert.equal((await work(report)).summary.ending, "drained");
  assert.deepEqual(await countRuns(report), { complete: 4 });
});

Deno.test("a second worker of the same chain is refused", async () => {
  const report = await payForReport(database, { images: 2 });
  const sql = connectDatabase(database.url, { name: "job-store-test", max: 1 });
  try {
    const make = () =>
      createWorkSource(sql, {
        id: crypto.randomUUID(),
        groupId: report,
        limits: { wallClockMs: 60_000 },
      });
    const [first, second] = [make(), make()];
    assert.deepEqual([await first.register(2), await second.register(2)], [45_000, null]);
    await first.release(false);
    assert.equal(await second.register(2), 45_000);
    await second.release(false);
  } finally {
    await sql.end({ timeout: 1 });
  }
});

Deno.test("it is told which failures changed nothing, and which are the data's own", async () => {
  const thrownBy = async (statement: (sql: postgres.Sql) => PromiseLike<unknown>, url: string) => {
    const sql = postgres(url, { max: 1, onnotice: () => {} });
    try {
      await statement(sql);
    } catch (error) {
      return [isCertainlyUndone(error), isDataFault(error)];
    } finally {
      await sql.end({ timeout: 0 });
    }
    return null;
  };
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const nowhere = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  assert.deepEqual(await thrownBy((sql) => sql`select 1`, nowhere), [true, false]);
  assert.deepEqual(await thrownBy((sql) => sql`select 1 / 0`, database.url), [true, true]);
  assert.deepEqual(await thrownBy((sql) => sql`select nonsense`, database.url), [true, false]);
  const cut = postgres(database.url, { max: 1, onnotice: () => {} });
  const [self] = await cut<[{ pid: number }]>`select pg_backend_pid() as pid`;
  const slow = cut`select pg_sleep(30)`.then(() => null, (error: unknown) => error);
  await database.sql`select pg_terminate_backend(${self.pid})`;
  const error = await slow;
  assert.ok(error instanceof Error);
  assert.deepEqual([isCertainlyUndone(error), isDataFault(error)], [false, false]);
  await cut.end({ timeout: 0 });
});

Deno.test("an outage costs only the calls in flight, and its end is detected free of charge", async () => {
  const report = await payForReport(database, { images: 10, runsPerModel: 3 });
  const inFlight = 6;
  let probes = 0;
  let broken = 0;
  const { summary } = await work(report, {
    // What follows the twentieth call breaks until the provider is asked a second time.
    answer: (call) => call < 20 || probes > 1 ? PAID_ANSWER : (broken++, BROKEN),
    isReachable: () => ++probes > 1,
  });
  assert.equal(summary.ending, "drained");
  assert.deepEqual(await countRuns(report), { complete: 60 });
  assert.ok(broken > 0 && broken <= inFlight, `${broken} calls broke`);
  const [books] = await database.sql`
    select count(*) filter (where state = 'written_off')::int as written_off from private.cost_ledger
    where group_id = ${report}`;
  assert.equal(books?.["written_off"], broken);
  assert.equal(probes, 2, "the run that follows an answered request ends the outage");
});
