import type postgres from "postgres";
import { type BenchDatabase, connectAsWorker, startBenchDatabase } from "./bench_database.ts";
import {
  type Benchmark,
  type BenchmarkOptions,
  type Contender,
  interleave,
  ratios,
  type Section,
  seriesOf,
} from "./harness.ts";
import { installPeers, type Peer } from "./peers.ts";
import {
  advance,
  capsFor,
  drainReport,
  emptyQueue,
  enqueueJobs,
  makePayloads,
  payForReport,
  RESULT,
  setCaps,
} from "./queue_contender.ts";

/** Jobs a round by batch size: a few seconds for each contender. */
const BATCHES = new Map([[1, 600], [10, 3_000], [100, 6_000]]);
const GOALS = { drainPgBoss: 1.7, drainGraphile: 1.3, enqueue: 2 };
/** The batch that the goals are about. */
const GOAL_BATCH = 10;

const OURS = "ours";
const PG_BOSS = "pg-boss 12.38";
const GRAPHILE = "graphile-worker 0.18";
const GRAPHILE_BARE = "graphile-worker 0.18, no results";
const ORDER = "ours, a paid order: runs and jobs";

type Metric = "drain" | "enqueue" | "order";

/** Throughput of the job queue beside its peers, and what a claim costs as the queue grows. */
export const queue: Benchmark = {
  name: "queue",
  summary: "jobs a second beside pg-boss and graphile-worker; a claim's cost by backlog",
  async *run(options) {
    await using database = await startBenchDatabase({ copies: QUEUES.length });
    await using worker = asyncEnd(connectAsWorker(database.url));
    options.progress("installing the peers");
    await using peers = await installPeers();
    await using pgBoss = await peers.start("pg_boss.mjs", await database.createDatabase("pg_boss"));
    await using graphile = await peers.start(
      "graphile_worker.mjs",
      await database.createDatabase("graphile_worker"),
    );
    // Another one, so that neither finds the other's dead rows.
    await using bare = await peers.start(
      "graphile_worker.mjs",
      await database.createDatabase("graphile_worker_bare"),
    );
    for (const [batch, jobs] of BATCHES) {
      options.progress(`batches of ${batch}`);
      const contenders: Contender<Metric>[] = [
        ours(database, worker.sql, batch, jobs),
        peer(PG_BOSS, pgBoss, batch, jobs, true),
        peer(GRAPHILE, graphile, batch, jobs, true),
        peer(GRAPHILE_BARE, bare, batch, jobs, false),
      ];
      const results = await interleave(contenders, options);
      const values = (name: string, metric: Metric) => seriesOf(results, name, metric);
      const lines = (metric: Metric, goals: Readonly<Record<string, number>>) =>
        [OURS, PG_BOSS, GRAPHILE, GRAPHILE_BARE].map((name) => ({
          label: name,
          values: values(name, metric),
          ...name === OURS ? {} : { ratios: ratios(values(OURS, metric), values(name, metric)) },
          ...goals[name] === undefined ? {} : { goal: { atLeast: goals[name] } },
        }));
      yield {
        title: `Queue: drain in batches of ${batch}`,
        unit: "jobs/s",
        ratio: "ours ÷ it",
        rows: lines(
          "drain",
          batch === GOAL_BATCH
            ? { [PG_BOSS]: GOALS.drainPgBoss, [GRAPHILE]: GOALS.drainGraphile }
            : {},
        ),
        notes: [
          `One consumer each, a handler that does nothing. Ours with the caps on: ${
            capsFor(batch).perModel
          } a model, ${batch} a report, and every run's cost reserved and settled.`,
        ],
      };
      if (batch !== GOAL_BATCH) continue;
      const enqueueRows = lines("enqueue", { [PG_BOSS]: GOALS.enqueue, [GRAPHILE]: GOALS.enqueue })
        .filter(({ label }) => label !== GRAPHILE_BARE);
      yield {
        title: `Queue: enqueue ${jobs} jobs at once`,
        unit: "jobs/s",
        ratio: "ours ÷ it",
        rows: [...enqueueRows, { label: ORDER, values: values(OURS, "order") }],
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
      const caps = capsFor(batch);
      await emptyQueue(sql);
      await setCaps(sql, caps);
      const enqueued = await enqueueJobs(worker, jobs);
      await emptyQueue(sql);
      const order = await payForReport(sql, jobs);
      const drained = await drainReport(worker, order.id, batch, caps);
      if (drained.runs !== order.runs) {
        throw new Error(`${drained.runs} of ${order.runs} runs came out of the queue`);
      }
      return {
        drain: perSecond(drained.runs, drained.milliseconds),
        enqueue: perSecond(jobs, enqueued),
        order: perSecond(order.runs, order.milliseconds),
      };
    },
  };
}

function peer(
  name: string,
  process: Peer,
  batch: number,
  jobs: number,
  storesResults: boolean,
): Contender<Metric> {
  return {
    name,
    async measure() {
      const payloads = makePayloads(jobs);
      const enqueued = await process.call("enqueue", { payloads });
      const drained = await process.call("drain", { batch, jobs, result: RESULT, storesResults });
      if (drained.jobs !== jobs) throw new Error(`${name} did ${drained.jobs} of ${jobs} jobs`);
      return {
        drain: perSecond(jobs, drained.milliseconds),
        enqueue: perSecond(jobs, enqueued.milliseconds),
        order: NaN,
      };
    },
  };
}

function perSecond(count: number, milliseconds: number): number {
  return count / milliseconds * 1000;
}

/** Claims in a round. */
const CLAIMS = 40;
const CLAIM_SIZE = 10;

const QUEUES = [
  { label: "10 jobs", groups: 1, jobs: CLAIM_SIZE },
  { label: "1,000 jobs", groups: 1, jobs: 1_000 },
  { label: "100,000 jobs", groups: 1, jobs: 100_000 },
  { label: "1,000,000 jobs", groups: 1, jobs: 1_000_000 },
  { label: "1,000 reports of 60 jobs", groups: 1_000, jobs: 60 },
];

/** How much longer a claim takes in a long queue than in one that holds only what is claimed. */
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
    title: `Queue: a claim of ${CLAIM_SIZE} jobs by what waits`,
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

/** Writes jobs of groups straight into the tables. */
async function fillQueue(sql: postgres.Sql, groups: number, jobs: number): Promise<void> {
  await sql`insert into private.job_groups (id, max_in_flight, max_in_flight_per_lane,
      soft_ceiling_usd, hard_ceiling_usd, dearest_job_usd, waiting, open_jobs)
    select gen_random_uuid(), max_in_flight_per_group, max_in_flight_per_lane, 1e6, 1e6, 0.0001,
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
