import OpenAI from "openai";
import pLimit from "p-limit";
import type postgres from "postgres";
import {
  createBenchmarkStore,
  createWorkSource,
} from "../../supabase/functions/_shared/benchmark/store.ts";
import { createModelProvider } from "../../supabase/functions/_shared/models/calls/model_client.ts";
import {
  connectDatabase,
  type Database,
} from "../../supabase/functions/_shared/platform/database.ts";
import {
  DEFAULT_WORKER_LIMITS,
  type WorkerLimits,
} from "../../supabase/functions/_shared/platform/jobs/run_worker.ts";
import { createReportEndings } from "../../supabase/functions/_shared/report/store.ts";
import { aWorkerRun } from "../../supabase/functions/_shared/testing/worker_run.ts";
import { workOnBenchmarks } from "../../supabase/functions/benchmark-worker/work_on_benchmarks.ts";
import { payForReport as pay } from "../testing/database.ts";
import { startBenchDatabase } from "./bench_database.ts";
import { type BenchmarkOptions, interleave, type Measure, timeCpu } from "./harness.ts";
import { emptyQueue } from "./queue_contender.ts";
import { type SimulatedProvider, startSimulatedProvider } from "./simulated_provider.ts";

/** The product's own limits, which apply to every contender. */
const MAX_IN_FLIGHT = 10;
const MAX_IN_FLIGHT_PER_MODEL = 3;
const IMAGES = 50;
/** Spread of the latencies: the slowest tenth takes 1.9 times as long as the fastest tenth. */
const SIGMA = 0.25;

export const RUNS = 600;
export const OURS = "ours";
export const BARE = "script with p-limit and openai";

/** Work of one round. */
export interface Workload {
  readonly models: number;
  readonly medianMs: number;
}

/** Metrics of a round. `utilisation` covers all of it, `written` the time up to its last result. */
type WorkerMetric = "utilisation" | "written" | "statements" | "cpu";

/** Services that a round runs against; see {@link startArena}. */
type Arena = Awaited<ReturnType<typeof startArena>>;

const EXPECTED = {
  merchant: "Kiosk am Markt",
  date: "2026-03-04",
  currency: "EUR",
  subtotal: 10.5,
  tax: 2,
  total: 12.5,
  items: [
    { name: "Coffee", quantity: 2, price: 3.5 },
    { name: "Cake", quantity: 1, price: 5.5 },
  ],
};

/** Tells the provider the expected JSON of the images of every round. */
export async function teachProvider(provider: SimulatedProvider): Promise<void> {
  const truths = Array.from({ length: IMAGES }, (_, index) => [imagePath(index), EXPECTED]);
  await provider.teach(Object.fromEntries(truths));
}

/** Starts a database and a provider that knows the images. */
export async function startArena() {
  const database = await startBenchDatabase();
  const provider = await startSimulatedProvider();
  await teachProvider(provider);
  return {
    database,
    provider,
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

/** Measures the deployed worker beside a script with the same limits. */
export function measureWorkers(arena: Arena, workload: Workload, options: BenchmarkOptions) {
  return interleave({
    [OURS]: ourWorker(arena, workload),
    [BARE]: bareScript(arena, workload),
  }, options);
}

/** Returns the deployed worker without the HTTP request that starts it and without signing images. */
function ourWorker(
  { database, provider }: Arena,
  workload: Workload,
): Measure<WorkerMetric> {
  return async (seed) => {
    await emptyQueue(database.sql);
    const report = await payForReport(database, { models: modelIds(workload.models) });
    // The first statement finds no connection, as in a newly started isolate.
    const sql = connectDatabase(database.url, { name: "bench", max: 1 });
    let statements = 0;
    let writtenAt = NaN;
    const measured = await measureRound(provider, workload, seed, async () => {
      await workOnReport(sql, provider, report, {
        observe: () => statements++,
        onWritten: () => writtenAt = performance.now(),
      });
      return { statements, writtenAt };
    });
    await sql.end();
    await assertReportComplete(database.sql, report);
    return measured;
  };
}

/** Runs one worker from registration to end. It serves this report first. */
export function workOnReport(
  sql: Database,
  provider: SimulatedProvider,
  report: string,
  options: {
    readonly limits?: WorkerLimits;
    readonly observe?: () => void;
    /** Called after results have been recorded. */
    readonly onWritten?: () => void;
  } = {},
): Promise<unknown> {
  const { limits = DEFAULT_WORKER_LIMITS, observe = () => {}, onWritten = () => {} } = options;
  const run = aWorkerRun({ groupId: report, limits, random: Math.random });
  const source = createWorkSource(sql, run, observe);
  return workOnBenchmarks(run, {
    source: {
      ...source,
      async exchange(results, want, ahead) {
        const reply = await source.exchange(results, want, ahead);
        if (results.length > 0) onWritten();
        return reply;
      },
    },
    store: {
      ...createBenchmarkStore(sql, run.id, observe),
      ...createReportEndings(sql, run.id, observe),
    },
    images: {
      wantsBytes: () => false,
      openImages: (paths) => Promise.resolve(paths.map(imageUrl)),
      readBytes: (path) => Promise.resolve(imageUrl(path)),
    },
    provider: createModelProvider({
      endpoints: { openrouter: { baseUrl: provider.baseUrl, apiKey: "bench" } },
    }),
  });
}

/** Returns the shortest script that keeps the limits. It stores nothing. */
function bareScript({ provider }: Arena, workload: Workload): Measure<WorkerMetric> {
  const client = new OpenAI({ baseURL: provider.baseUrl, apiKey: "bench", maxRetries: 0 });
  return (seed) =>
    measureRound(provider, workload, seed, async () => {
      const all = pLimit(MAX_IN_FLIGHT);
      const perModel = modelIds(workload.models).map((model) => ({
        model,
        limit: pLimit(MAX_IN_FLIGHT_PER_MODEL),
      }));
      const runs = Array.from({ length: RUNS / workload.models }, (_, index) =>
        perModel.map(({ model, limit }) =>
          limit(() => all(() => askModel(client, model, index)))
        ));
      await Promise.all(runs.flat());
      return { statements: 0, writtenAt: performance.now() };
    });
}

async function askModel(client: OpenAI, model: string, index: number): Promise<unknown> {
  const { choices } = await client.chat.completions.create({
    model,
    messages: [{
      role: "user",
      content: [
        { type: "text", text: "Read the receipt." },
        { type: "image_url", image_url: { url: imageUrl(imagePath(index % IMAGES)) } },
      ],
    }],
  });
  return JSON.parse(choices[0]?.message.content ?? "null");
}

/**
 * Times `work`, which makes the runs. It returns the number of statements and the `performance.now`
 * time at which the last result was written, or received if nothing is written.
 *
 * @throws {Error} if the provider counted more calls at once than the limits allow, or not exactly
 * one per run.
 */
async function measureRound(
  provider: SimulatedProvider,
  workload: Workload,
  seed: number,
  work: () => Promise<{ readonly statements: number; readonly writtenAt: number }>,
): Promise<Record<WorkerMetric, number>> {
  await provider.reset({
    medianMs: workload.medianMs,
    sigma: SIGMA,
    fieldErrorRate: 0.1,
    rates: {},
    fetchImages: false,
    seed,
  });
  const begun = performance.now();
  let done = { statements: 0, writtenAt: NaN };
  const cpuMs = await timeCpu(async () => done = await work());
  const wallMs = performance.now() - begun;
  const { calls, maxInFlight, models } = await provider.statistics();
  const byModel = Object.values(models);
  const maxPerModel = Math.max(...byModel.map((model) => model.maxInFlight));
  if (maxInFlight > MAX_IN_FLIGHT || maxPerModel > MAX_IN_FLIGHT_PER_MODEL) {
    throw new Error(`the provider counted ${maxInFlight} calls at once, ${maxPerModel} of a model`);
  }
  if (calls !== RUNS) throw new Error(`the provider counted ${calls} calls for ${RUNS} runs`);
  const latencies = byModel.map(({ latencyMs }) => latencyMs);
  const idealMs = Math.max(
    latencies.reduce((sum, latency) => sum + latency, 0) / MAX_IN_FLIGHT,
    ...latencies.map((latency) => latency / MAX_IN_FLIGHT_PER_MODEL),
  );
  return {
    utilisation: idealMs / wallMs,
    written: idealMs / (done.writtenAt - begun),
    statements: done.statements / RUNS,
    cpu: cpuMs / RUNS,
  };
}

/** Returns the ids of the models of a round. */
export function modelIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `bench/${index}`);
}

function imagePath(index: number): string {
  return `owner/${index}.png`;
}

/** Returns a URL that nobody downloads. */
function imageUrl(path: string): string {
  return `http://127.0.0.1:1/${path}`;
}

/** Orders and pays for a report of {@link RUNS} runs by default. Returns its id. */
export function payForReport(
  database: Parameters<typeof pay>[0],
  order: { readonly models: readonly string[]; readonly runs?: number; reservedCost?: number },
): Promise<string> {
  return pay(database, {
    images: IMAGES,
    runsPerModel: (order.runs ?? RUNS) / order.models.length / IMAGES,
    reservedCost: 0.01,
    expected: EXPECTED,
    ...order,
  });
}

async function assertReportComplete(sql: postgres.Sql, report: string): Promise<void> {
  const [row] = await sql<[{ status: string; complete: number }]>`
    select p.status, (
      select count(*)::integer from public.benchmark_runs r
      where r.report_id = p.id and r.status = 'complete' and r.is_valid_json and r.attempts > 0
    ) as complete
    from public.reports p where p.id = ${report}`;
  if (row.status !== "complete" || row.complete !== RUNS) {
    throw new Error(`the report is ${row.status} with ${row.complete} of ${RUNS} runs complete`);
  }
}
