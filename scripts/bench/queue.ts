import postgres from "postgres";
import { type BenchDatabase, connectAsWorker, startBenchDatabase } from "./bench_database.ts";
import {
  type Benchmark,
  type BenchmarkOptions,
  type Contender,
  interleave,
  ratios,
  type Row,
  type Section,
  seriesOf,
} from "./harness.ts";
import { installPeers, type Peer } from "./peers.ts";
import {
  advance,
  capsFor,
  type Drained,
  drainJobs,
  drainReport,
  emptyQueueAndResults,
  enqueueJobs,
  installEntryPoint,
  makePayloads,
  payForReport,
  RESULT,
  setCaps,
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
    await installEntryPoint(database.sql);
    await using worker = asyncEnd(connectAsWorker(database.url));
    options.progress("installing the peers");
    await using peers = await installPeers();
    const pgBossUrl = await database.createDatabase("pg_boss");
    await using pgBoss = await peers.start("pg_boss.mjs", pgBossUrl);
    const graphileUrl = await database.createDatabase("graphile_worker");
    await using graphile = await peers.start("graphile_worker.mjs", graphileUrl);
    for (const [batch, jobs] of BATCHES) {
      options.progress(`batches of ${batch}`);
      const contenders: Contender<Metric>[] = [
        ours(database, worker.sql, batch, jobs),
        ourRuns(database, worker.sql, batch, jobs),
        peer(PG_BOSS, pgBoss, pgBossUrl, { batch, jobs, storesResults: true }),
        peer(GRAPHILE, graphile, graphileUrl, { batch, jobs, storesResults: true }),
        peer(GRAPHILE_BARE, graphile, graphileUrl, { batch, jobs, storesResults: false }),
      ];
      const results = await interleave(contenders, options);
      const rows = (metric: Metric, goals: Readonly<Record<string, number>>): Row[] =>
        contenders.map(({ name }) => {
          const values = seriesOf(results, name, metric);
          return {
            label: name,
            values,
            ...name === OURS ? {} : { ratios: ratios(seriesOf(results, OURS, metric), values) },
            ...goals[name] === undefined ? {} : { goal: { atLeast: goals[name] } },
          };
        });
      const { perModel, perReport } = capsFor(batch);
      yield {
        title: `Queue: drain in batches of ${batch}`,
        unit: "jobs/s",
        ratio: "ours ÷ it",
        rows: rows("drain", batch === GOAL_BATCH ? DRAIN_GOALS : {}),
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
        rows: rows("enqueue", ENQUEUE_GOALS).filter(({ label }) => label !== GRAPHILE_BARE),
        notes: [`${OUR_RUNS}: a payment, which creates runs and jobs.`],
      };
    }
    yield await measureClaims(database, options);
  },
};

function ours(
  { sql }: BenchDatabase,
  worker: postgres.Sql,
  batch: number,
  jobs: number,
): Contender<Metric> {
  return {
    name: OURS,
    async measure() {
      await emptyQueueAndResults(sql);
      await setCaps(sql, capsFor(batch));
      const milliseconds = await enqueueJobs(worker, jobs);
      const drained = await drainJobs(worker, batch);
      return rates(OURS, { jobs, milliseconds }, drained);
    },
  };
}

function ourRuns(
  { sql }: BenchDatabase,
  worker: postgres.Sql,
  batch: number,
  jobs: number,
): Contender<Metric> {
  return {
    name: OUR_RUNS,
    async measure() {
      await emptyQueueAndResults(sql);
      await setCaps(sql, capsFor(batch));
      const order = await payForReport(sql, jobs);
      const drained = await drainReport(worker, order.id, batch);
      return rates(OUR_RUNS, { jobs: order.runs, milliseconds: order.milliseconds }, drained);
    },
  };
}

function peer(
  name: string,
  process: Peer,
  databaseUrl: string,
  { batch, jobs, storesResults }: {
    readonly batch: number;
    readonly jobs: number;
    readonly storesResults: boolean;
  },
): Contender<Metric> {
  return {
    name,
    async measure() {
      await using connection = asyncEnd(postgres(databaseUrl, { max: 1, onnotice: () => {} }));
      await connection.sql`vacuum analyze`;
      const payloads = makePayloads(jobs);
      const { milliseconds } = await process.call("enqueue", { payloads });
      const drained = await process.call("drain", { batch, jobs, result: RESULT, storesResults });
      return rates(name, { jobs, milliseconds }, drained);
    },
  };
}

function rates(name: string, enqueued: Drained, drained: Drained): Record<Metric, number> {
  if (drained.jobs !== enqueued.jobs) {
    throw new Error(`${name}: ${drained.jobs} of ${enqueued.jobs} jobs were leased`);
  }
  const perSecond = ({ jobs, milliseconds }: Drained) => jobs / milliseconds * 1000;
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
];

/** Compares a claim from a long queue with one from a queue that contains only the claimed jobs. */
async function measureClaims(
  database: BenchDatabase,
  options: BenchmarkOptions,
): Promise<Section> {
  await using stack = new AsyncDisposableStack();
  const contenders: Contender<"claim">[] = [];
  for (const [index, { label, groups, jobs }] of QUEUES.entries()) {
    options.progress(`filling a queue: ${label}`);
    const { sql } = stack.use(asyncEnd(connectAsWorker(database.copies[index] ?? "")));
    await setCaps(sql, capsFor(CLAIM_SIZE));
    await fillQueue(sql, groups, jobs);
    const worker = crypto.randomUUID();
    contenders.push({
      name: label,
      async measure() {
        let total = 0;
        for (let claim = 0; claim < CLAIMS; claim++) {
          const begun = performance.now();
          const { jobs } = await advance(sql, worker, [], CLAIM_SIZE);
          total += performance.now() - begun;
          if (jobs.length !== CLAIM_SIZE) throw new Error(`${label}: ${jobs.length} claimed`);
          const returned = jobs.map(({ job_id, attempt }) => ({
            job_id,
            attempt,
            outcome: "release",
          }));
          await advance(sql, worker, returned, 0);
        }
        return { claim: total / CLAIMS };
      },
    });
  }
  const results = await interleave(contenders, options);
  const [shortest] = contenders.map(({ name }) => seriesOf(results, name, "claim"));
  return {
    title: `Queue: claim of ${CLAIM_SIZE} jobs by backlog`,
    unit: "ms",
    ratio: "it ÷ 10 jobs",
    rows: contenders.map(({ name }, index) => {
      const values = seriesOf(results, name, "claim");
      return {
        label: name,
        values,
        ...index === 0 || shortest === undefined ? {} : { ratios: ratios(values, shortest) },
      };
    }),
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

function asyncEnd(sql: postgres.Sql): AsyncDisposable & { readonly sql: postgres.Sql } {
  return { sql, [Symbol.asyncDispose]: () => sql.end() };
}
