import { createTextModels } from "../../supabase/functions/_shared/models/calls/model_client.ts";
import { connectDatabase } from "../../supabase/functions/_shared/platform/database.ts";
import {
  createPromptRunReader,
  createPromptRunStore,
  createPromptWorkSource,
  type NewPromptRun,
} from "../../supabase/functions/_shared/prompts/store.ts";
import { aWorkerRun } from "../../supabase/functions/_shared/testing/worker_run.ts";
import { workOnPrompts } from "../../supabase/functions/prompt-worker/work_on_prompts.ts";
import { addUser } from "../testing/database.ts";
import { openRun, planRun } from "../testing/prompts.ts";
import { type BenchDatabase, startBenchDatabase } from "./bench_database.ts";
import { type Benchmark, interleave, type Measure, ratios, timeCpu } from "./harness.ts";
import { readPostgresCpu } from "./process_usage.ts";
import { installPromptfoo, type Promptfoo } from "./promptfoo.ts";
import { type SimulatedProvider, startSimulatedProvider } from "./simulated_provider.ts";

const CASES = 300;
const MODELS = ["bench/0", "bench/1"];
const CALLS = CASES * MODELS.length;
const CONCURRENCY = 10;
const MEDIAN_MS = 300;
/** Spread of the latencies: the slowest tenth takes 1.9 times as long as the fastest tenth. */
const SIGMA = 0.25;
const BODY = "Repeat the last line.\n{{word}}";
const GOALS = { utilisation: 0.96, cpuShare: 0.33, overheadMs: 2 };

const OURS = "ours, results written";
const PEER = "promptfoo, results written";

type Metric = "utilisation" | "cpuMs" | "databaseMs" | "callMs";

/** Benchmark of a prompt run beside promptfoo: use of its time, and cost of creating it. */
export const prompts: Benchmark = {
  name: "prompts",
  summary: "300 cases on 2 models with 10 concurrent calls, beside promptfoo",
  async *run(options) {
    await using database = await startBenchDatabase();
    await using provider = await startSimulatedProvider();
    const baseUrl = provider.baseUrl.replace(/\/api\/v1$/, "/v1");
    options.progress("installing promptfoo");
    await using peer = await installPromptfoo(baseUrl);
    const run = await planBenchRun(database);
    for (const medianMs of [MEDIAN_MS, 0]) {
      options.progress(`latency ${medianMs} ms`);
      const round = { provider, medianMs };
      const results = await interleave({
        [OURS]: ours(round, database, run, baseUrl),
        [PEER]: promptfoo(round, peer),
      }, options);
      if (medianMs === 0) {
        yield {
          title: `Prompts: time per call without latency, ${CALLS} calls, ${CONCURRENCY} at once`,
          unit: "ms a call",
          ratio: "ours ÷ it",
          rows: [
            results.row(OURS, "callMs", { goal: { atMost: GOALS.overheadMs } }),
            results.row(PEER, "callMs", { dividend: OURS }),
          ],
          notes: ["Includes the work of the simulated endpoint, which shares the processors."],
        };
        continue;
      }
      yield {
        title: `Prompts: ${CASES} cases on ${MODELS.length} models, median latency ${medianMs} ms`,
        unit: "ideal ÷ wall time",
        rows: [
          results.row(OURS, "utilisation", { goal: { atLeast: GOALS.utilisation } }),
          results.row(PEER, "utilisation"),
        ],
        notes: [
          `Ideal: the sum of the drawn latencies ÷ ${CONCURRENCY}. Ours is timed from the request to the end of the run, with every answer graded and durable. Promptfoo, which stores its results in SQLite, is timed from its first call to the end of its last, as seen by the endpoint.`,
        ],
      };
      const databaseMs = results.series(OURS, "databaseMs");
      const both = results.series(OURS, "cpuMs").map((cpu, index) =>
        cpu + (databaseMs[index] ?? 0)
      );
      yield {
        title: `Prompts: CPU time of ${CALLS} calls`,
        unit: "ms",
        ratio: "it ÷ promptfoo",
        rows: [
          results.row(OURS, "cpuMs", {
            label: "our worker",
            divisor: PEER,
            goal: { atMost: GOALS.cpuShare },
          }),
          {
            label: "with Postgres",
            values: both,
            ratios: ratios(both, results.series(PEER, "cpuMs")),
          },
          results.row(PEER, "cpuMs"),
        ],
        notes: [
          "User and system time, on Linux with all processes of Postgres. Promptfoo is measured from its first call; loading it is not counted.",
        ],
      };
    }
  },
};

interface Round {
  readonly provider: SimulatedProvider;
  readonly medianMs: number;
}

/** Adds a prompt and a dataset. Returns a run over them in which each answer must equal its word. */
async function planBenchRun(database: BenchDatabase) {
  const owner = await addUser(database);
  const plan = await planRun(database, owner, {
    body: BODY,
    rows: CASES,
    models: MODELS,
    provider: "compatible",
    reservation: 0,
    gradeReservation: 0,
    ceiling: 1,
    maxInFlight: CONCURRENCY,
  });
  const graded: NewPromptRun = {
    ...plan,
    grader: { type: "exact", expected: "word", case_sensitive: true },
    parameters: { temperature: 0, max_tokens: 64 },
  };
  return { owner, plan: graded };
}

function ours(
  round: Round,
  database: BenchDatabase,
  { owner, plan }: Awaited<ReturnType<typeof planBenchRun>>,
  baseUrl: string,
): Measure<Metric> {
  return (seed) =>
    measure(round, seed, async () => {
      const sql = connectDatabase(database.url, { name: "bench" });
      const databaseBefore = await readPostgresCpu(database.sql);
      const begun = performance.now();
      let run = "";
      const cpuMs = await timeCpu(async () => {
        run = await openRun(createPromptRunStore(sql), owner, plan);
        const worker = aWorkerRun({ groupId: run, random: Math.random });
        await workOnPrompts(worker, {
          source: createPromptWorkSource(sql, worker),
          reader: createPromptRunReader(sql),
          models: createTextModels({ endpoints: { compatible: { baseUrl, apiKey: "bench" } } }),
        });
      });
      const wallMs = performance.now() - begun;
      const databaseAfter = await readPostgresCpu(database.sql);
      await sql.end();
      const [row] = await database.sql<[{ status: string; right: number }]>`
        select r.status, count(*) filter (where c.grade_score = 1)::integer as right
        from public.runs r join public.run_cells c on c.run_id = r.id
        where r.id = ${run} group by r.status`;
      if (row.status !== "complete" || row.right !== CALLS) {
        throw new Error(`the run is ${row.status} with ${row.right} of ${CALLS} right`);
      }
      return { wallMs, cpuMs, databaseMs: (databaseAfter ?? 0) - (databaseBefore ?? 0) };
    });
}

function promptfoo(round: Round, peer: Promptfoo): Measure<Metric> {
  const words = Array.from({ length: CASES }, (_, index) => `word ${index}`);
  const task = { body: BODY, models: MODELS, words, concurrency: CONCURRENCY };
  return (seed) =>
    measure(round, seed, async () => ({
      wallMs: null,
      cpuMs: await peer.evaluate(task),
      databaseMs: 0,
    }));
}

/**
 * Measures one round. Work that does not time itself is timed by the provider, from its first call
 * to the end of its last.
 *
 * @throws {Error} if the provider counted more calls at once than allowed, or not exactly one per
 * cell.
 */
async function measure(
  { provider, medianMs }: Round,
  seed: number,
  work: () => Promise<{ wallMs: number | null; cpuMs: number; databaseMs: number }>,
): Promise<Record<Metric, number>> {
  await provider.reset({ medianMs, sigma: SIGMA, seed });
  const { wallMs: timed, cpuMs, databaseMs } = await work();
  const { calls, maxInFlight, models, firstCallAt, lastEndAt } = await provider.statistics();
  const wallMs = timed ?? (lastEndAt ?? NaN) - (firstCallAt ?? NaN);
  if (calls !== CALLS || maxInFlight > CONCURRENCY || medianMs > 0 && maxInFlight < CONCURRENCY) {
    throw new Error(`the provider counted ${calls} calls, ${maxInFlight} at once`);
  }
  const latencyMs = Object.values(models).reduce((sum, model) => sum + model.latencyMs, 0);
  return {
    utilisation: latencyMs / CONCURRENCY / wallMs,
    cpuMs,
    databaseMs,
    callMs: wallMs / CALLS,
  };
}
