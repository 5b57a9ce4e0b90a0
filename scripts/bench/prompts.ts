import process from "node:process";
import type postgres from "postgres";
import { createTextModels } from "../../supabase/functions/_shared/models/calls/model_client.ts";
import { connectDatabase } from "../../supabase/functions/_shared/platform/database.ts";
import {
  createPromptRunReader,
  createPromptRunStore,
  createPromptWorkSource,
} from "../../supabase/functions/_shared/prompts/store.ts";
import { aWorkerRun } from "../../supabase/functions/_shared/testing/worker_run.ts";
import { workOnPrompts } from "../../supabase/functions/prompt-worker/work_on_prompts.ts";
import { type BenchDatabase, startBenchDatabase } from "./bench_database.ts";
import { type Benchmark, type Contender, interleave, ratios, seeded, seriesOf } from "./harness.ts";
import { readPostgresCpu } from "./postgres_cpu.ts";
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
    const cases = Array.from({ length: CASES }, (_, index) => ({
      word: `word ${index}`,
      expected: `word ${index}`,
    }));
    const run = await prepareRun(database.sql, cases);
    for (const medianMs of [MEDIAN_MS, 0]) {
      options.progress(`latency ${medianMs} ms`);
      const round = { provider, medianMs };
      const results = await interleave([
        ours(round, database, run, baseUrl),
        promptfoo(round, peer, cases),
      ], options);
      const series = (name: string, metric: Metric) => seriesOf(results, name, metric);
      if (medianMs === 0) {
        const [own, its] = [series(OURS, "callMs"), series(PEER, "callMs")];
        yield {
          title: `Prompts: time per call without latency, ${CALLS} calls, ${CONCURRENCY} at once`,
          unit: "ms a call",
          ratio: "ours ÷ it",
          rows: [
            { label: OURS, values: own, goal: { atMost: GOALS.overheadMs } },
            { label: PEER, values: its, ratios: ratios(own, its) },
          ],
          notes: ["Includes the work of the simulated endpoint, which shares the processors."],
        };
        continue;
      }
      yield {
        title: `Prompts: ${CASES} cases on ${MODELS.length} models, median latency ${medianMs} ms`,
        unit: "ideal ÷ wall time",
        rows: [
          {
            label: OURS,
            values: series(OURS, "utilisation"),
            goal: { atLeast: GOALS.utilisation },
          },
          { label: PEER, values: series(PEER, "utilisation") },
        ],
        notes: [
          `Ideal: the sum of the drawn latencies ÷ ${CONCURRENCY}. Ours is timed from the request to the end of the run, with every answer graded and durable. Promptfoo, which stores its results in SQLite, is timed from its first call to the end of its last, as seen by the endpoint.`,
        ],
      };
      const [own, its] = [series(OURS, "cpuMs"), series(PEER, "cpuMs")];
      yield {
        title: `Prompts: CPU time of ${CALLS} calls`,
        unit: "ms",
        ratio: "it ÷ promptfoo",
        rows: [
          {
            label: "our worker",
            values: own,
            ratios: ratios(own, its),
            goal: { atMost: GOALS.cpuShare },
          },
          {
            label: "with Postgres",
            values: own.map((cpu, index) => cpu + (series(OURS, "databaseMs")[index] ?? 0)),
            ratios: ratios(
              own.map((cpu, index) => cpu + (series(OURS, "databaseMs")[index] ?? 0)),
              its,
            ),
          },
          { label: PEER, values: its },
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

interface PreparedRun {
  readonly ownerId: string;
  readonly promptVersionId: string;
  readonly datasetId: string;
}

function ours(
  round: Round,
  database: BenchDatabase,
  run: PreparedRun,
  baseUrl: string,
): Contender<Metric> {
  return {
    name: OURS,
    measure: seeded((seed) =>
      measure(round, seed, async () => {
        const sql = connectDatabase(database.url, { name: "bench" });
        const databaseBefore = await readPostgresCpu(database.sql);
        const before = process.cpuUsage();
        const begun = performance.now();
        const opened = await createPromptRunStore(sql).openRun(
          run.ownerId,
          {
            name: "",
            prompt_version_id: run.promptVersionId,
            dataset_id: run.datasetId,
            grader_version_id: null,
            grader: { type: "exact", expected: "expected", case_sensitive: true },
            parameters: { temperature: 0, max_tokens: 64 },
            repeats: 1,
            use_cache: false,
            estimated_cost_usd: null,
            cost_ceiling_usd: 1,
            grading_reservation_usd: 0,
            max_in_flight: CONCURRENCY,
            models: MODELS.map((model) => ({
              provider: "compatible",
              model,
              label: model,
              input_price: null,
              cached_input_price: null,
              output_price: null,
              long_context: null,
              reservation_usd: 0,
            })),
          },
          null,
          "",
        );
        if (opened === "conflict") {
          throw new Error("a run without an idempotency key cannot conflict");
        }
        const worker = aWorkerRun({ groupId: opened.runId, random: Math.random });
        await workOnPrompts(worker, {
          source: createPromptWorkSource(sql, worker),
          reader: createPromptRunReader(sql),
          models: createTextModels({ endpoints: { compatible: { baseUrl, apiKey: "bench" } } }),
        });
        const wallMs = performance.now() - begun;
        const { user, system } = process.cpuUsage(before);
        const databaseAfter = await readPostgresCpu(database.sql);
        await sql.end();
        const [row] = await database.sql<[{ status: string; right: number }]>`
          select r.status, count(*) filter (where c.grade_score = 1)::integer as right
          from public.runs r join public.run_cells c on c.run_id = r.id
          where r.id = ${opened.runId} group by r.status`;
        if (row.status !== "complete" || row.right !== CALLS) {
          throw new Error(`the run is ${row.status} with ${row.right} of ${CALLS} right`);
        }
        return {
          wallMs,
          cpuMs: (user + system) / 1000,
          databaseMs: (databaseAfter ?? 0) - (databaseBefore ?? 0),
        };
      })
    ),
  };
}

function promptfoo(
  round: Round,
  peer: Promptfoo,
  cases: readonly Readonly<Record<string, string>>[],
): Contender<Metric> {
  return {
    name: PEER,
    measure: seeded((seed) =>
      measure(round, seed, async () => {
        const cpuMs = await peer.evaluate({
          body: BODY,
          models: MODELS,
          cases,
          concurrency: CONCURRENCY,
        });
        return { wallMs: null, cpuMs, databaseMs: 0 };
      })
    ),
  };
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

async function prepareRun(
  sql: postgres.Sql,
  cases: readonly Readonly<Record<string, string>>[],
): Promise<PreparedRun> {
  const ownerId = crypto.randomUUID();
  const datasetId = crypto.randomUUID();
  await sql`insert into auth.users (id, email) values (${ownerId}, ${`${ownerId}@example.com`})`;
  await sql`insert into public.prompts (owner_id, name, body) values (${ownerId}, 'bench', ${BODY})`;
  const [version] = await sql<[{ id: string }]>`
    select id from public.prompt_versions where owner_id = ${ownerId}`;
  await sql`
    insert into public.datasets
      (id, owner_id, name, version, content_hash, format, file_path, file_bytes, columns, row_count)
    values (${datasetId}, ${ownerId}, 'bench', 1, ${"0".repeat(64)}, 'json',
      ${`${ownerId}/${datasetId}.json`}, 1, ${["word", "expected"]}, ${cases.length})`;
  await sql`
    insert into public.dataset_rows (dataset_id, row_index, data_json)
    select ${datasetId}, r.place - 1, r.value
    from jsonb_array_elements(${sql.json(cases.map((row) => ({ ...row })))})
      with ordinality as r (value, place)`;
  return { ownerId, promptVersionId: version.id, datasetId };
}
