import type postgres from "postgres";
import { mean } from "simple-statistics";
import {
  type BenchDatabase,
  connect,
  connectAsWorker,
  startBenchDatabase,
} from "./bench_database.ts";
import {
  type Benchmark,
  type BenchmarkOptions,
  interleave,
  type Measure,
  repeat,
  type Row,
  type Section,
} from "./harness.ts";
import { installPeers, type Peer } from "./peers.ts";
import {
  advance,
  capsFor,
  drainJobs,
  drainReport,
  emptyQueue,
  enqueueJobs,
  makePayloads,
  payForReport,
  RESULT,
  setCaps,
  type Timed,
} from "./queue_contender.ts";

/** Jobs per round by batch size, a few seconds of work for each contender. */
const BATCHES = new Map([[1, 600], [10, 3_000], [100, 6_000]]);
/** Batch size that the goals apply to. */
const GOAL_BATCH = 10;

const OURS = "ours";
const PG_BOSS = "pg-boss 12.38";
const GRAPHILE = "graphile-worker 0.18";
const GRAPHILE_BARE = "graphile-worker 0.18, no results";
/** The product's own jobs: each run has a row that is marked and gets ten columns of results. */
const OUR_RUNS = "ours, a report's runs";

const DRAIN_GOALS = { [PG_BOSS]: 1.7, [GRAPHILE]: 1.3 };
const ENQUEUE_GOALS = { [PG_BOSS]: 2, [GRAPHILE]: 2 };

type Metric = "drain" | "enqueue";

/** Benchmark of the job queue: throughput beside its peers, and cost of a claim by backlog. */
export const queue: Benchmark = {
  name: "queue",
  summary: "jobs per second beside pg-boss and graphile-worker; cost of a claim by backlog",
  async *run(options) {
    await using database = await startBenchDatabase({ copies: QUEUES.length });
    await database.sql.file(`${import.meta.dirname}/queue_entry_point.sql`).simple();
    options.progress("installing the peers");
    await using peers = await installPeers();
    const pgBossUrl = await database.createDatabase("pg_boss");
    await using pgBoss = await peers.start("pg_boss.mjs", pgBossUrl);
    const graphileUrl = await database.createDatabase("graphile_worker");
    await using graphile = await peers.start("graphile_worker.mjs", graphileUrl);
    for (const [batch, jobs] of BATCHES) {
      options.progress(`batches of ${batch}`);
      const results = await interleave({
        [OURS]: ours(database, batch, jobs),
        [OUR_RUNS]: ourRuns(database, batch, jobs),
        [PG_BOSS]: peer(PG_BOSS, pgBoss, pgBossUrl, { batch, jobs, storesResults: true }),
        [GRAPHILE]: peer(GRAPHILE, graphile, graphileUrl, { batch, jobs, storesResults: true }),
        [GRAPHILE_BARE]: peer(GRAPHILE_BARE, graphile, graphileUrl, {
          batch,
          jobs,
          storesResults: false,
        }),
      }, options);
      const rows = (
        metric: Metric,
        names: readonly string[],
        goals: Readonly<Record<string, number>>,
      ): Row[] =>
        names.map((name) => {
          const goal = goals[name] === undefined ? undefined : { atLeast: goals[name] };
          return results.row(name, metric, { goal, dividend: name === OURS ? undefined : OURS });
        });
      const { perModel, perReport } = capsFor(batch);
      yield {
        title: `Queue: drain in batches of ${batch}`,
        unit: "jobs/s",
        ratio: "ours ÷ it",
        rows: rows(
          "drain",
          [OURS, OUR_RUNS, PG_BOSS, GRAPHILE, GRAPHILE_BARE],
          batch === GOAL_BATCH ? DRAIN_GOALS : {},
        ),
        notes: [
          "One consumer each, with a handler that does nothing. Tables are vacuumed before every round.",
          `Ours with limits of ${perModel} per model and ${perReport} per report; every job's cost is reserved and settled.`,
        ],
      };
      if (batch !== GOAL_BATCH) continue;
      yield {
        title: `Queue: enqueue ${jobs} jobs at once`,
        unit: "jobs/s",
        ratio: "ours ÷ it",
        rows: rows("enqueue", [OURS, OUR_RUNS, PG_BOSS, GRAPHILE], ENQUEUE_GOALS),
        notes: [`${OUR_RUNS}: a payment, which creates runs and jobs.`],
      };
    }
    yield await measureClaims(database, options);
  },
};

function ours({ sql, workers }: BenchDatabase, batch: number, jobs: number): Measure<Metric> {
  return async () => {
    await prepareQueue(sql, batch);
    const enqueued = await enqueueJobs(workers, jobs);
    return rates(OURS, enqueued, await drainJobs(workers, batch));
  };
}

function ourRuns(database: BenchDatabase, batch: number, jobs: number): Measure<Metric> {
  return async () => {
    await prepareQueue(database.sql, batch);
    const order = await payForReport(database, jobs);
    return rates(OUR_RUNS, order, await drainReport(database.workers, order.id, batch));
  };
}

async function prepareQueue(sql: postgres.Sql, batch: number): Promise<void> {
  await sql`delete from bench.results`;
  await emptyQueue(sql);
  await setCaps(sql, batch);
}

function peer(
  name: string,
  process: Peer,
  databaseUrl: string,
  task: { readonly batch: number; readonly jobs: number; readonly storesResults: boolean },
): Measure<Metric> {
  return async () => {
    await using sql = connect(databaseUrl);
    await sql`vacuum analyze`;
    const payloads = makePayloads(task.jobs);
    const { milliseconds } = await process.call("enqueue", { payloads });
    const drained = await process.call("drain", { ...task, result: RESULT });
    return rates(name, { jobs: task.jobs, milliseconds }, drained);
  };
}

/** @throws {Error} if not all jobs were leased. */
function rates(name: string, enqueued: Timed, drained: Timed): Record<Metric, number> {
  if (drained.jobs !== enqueued.jobs) {
    throw new Error(`${name}: ${drained.jobs} of ${enqueued.jobs} jobs were leased`);
  }
  const perSecond = ({ jobs, milliseconds }: Timed) => jobs / milliseconds * 1000;
  return { drain: perSecond(drained), enqueue: perSecond(enqueued) };
}

/** Claims per round. */
const CLAIMS = 40;
const CLAIM_SIZE = 10;

const QUEUES = [
  { label: "10 jobs", groups: 1, jobs: CLAIM_SIZE },
  { label: "1,000 jobs", groups: 1, jobs: 1_000 },
  { label: "100,000 jobs", groups: 1, jobs: 100_000 },
  { label: "1,000,000 jobs", groups: 1, jobs: 1_000_000 },
  { label: "1,000 reports of 60 jobs", groups: 1_000, jobs: 60 },
] as const;

/** Compares a claim from a long queue with one from a queue that contains only the claimed jobs. */
async function measureClaims(
  database: BenchDatabase,
  options: BenchmarkOptions,
): Promise<Section> {
  await using stack = new AsyncDisposableStack();
  const contenders: Record<string, Measure<"claim">> = {};
  for (const [index, { label, groups, jobs }] of QUEUES.entries()) {
    options.progress(`filling a queue: ${label}`);
    const sql = stack.use(connectAsWorker(database.copies[index] ?? ""));
    await setCaps(sql, CLAIM_SIZE);
    await fillQueue(sql, groups, jobs);
    const worker = crypto.randomUUID();
    contenders[label] = async () => ({
      claim: mean(
        await repeat(CLAIMS, async () => {
          const begun = performance.now();
          const { jobs } = await advance(sql, worker, [], CLAIM_SIZE);
          const milliseconds = performance.now() - begun;
          if (jobs.length !== CLAIM_SIZE) throw new Error(`${label}: ${jobs.length} claimed`);
          const release = { outcome: "release" };
          const returned = jobs.map(({ job_id, attempt }) => ({ job_id, attempt, ...release }));
          await advance(sql, worker, returned, 0);
          return milliseconds;
        }),
      ),
    });
  }
  const results = await interleave(contenders, options);
  return {
    title: `Queue: claim of ${CLAIM_SIZE} jobs by backlog`,
    unit: "ms",
    ratio: "it ÷ 10 jobs",
    rows: QUEUES.map(({ label }, index) =>
      results.row(label, "claim", { divisor: index === 0 ? undefined : QUEUES[0].label })
    ),
  };
}

/** Writes groups of jobs directly into the tables. */
async function fillQueue(sql: postgres.Sql, groups: number, jobs: number): Promise<void> {
  await sql`insert into private.job_groups (id, kind, max_in_flight, max_in_flight_per_lane,
      soft_ceiling_usd, hard_ceiling_usd, dearest_job_usd, waiting, open_jobs)
    select gen_random_uuid(), 'benchmark_run', max_in_flight_per_group, max_in_flight_per_lane, 1e6, 1e6, 0.0001,
      ${jobs}, ${jobs}
    from private.queue_settings, generate_series(1, ${groups})`;
  await sql`insert into private.job_lanes (group_id, lane, kind, provider)
    select id, 'bench/' || lane, 'benchmark_run', 'bench'
    from private.job_groups, generate_series(0, 5) lane`;
  await sql`insert into private.job_queue (kind, group_id, lane, provider, reservation_usd, payload)
    select 'benchmark_run', id, 'bench/' || job % 6, 'bench', 0.0001,
      jsonb_build_object('report_id', id, 'run_id', gen_random_uuid(), 'model_id', 'bench/' || job % 6)
    from generate_series(1, ${jobs}) job, private.job_groups`;
}
