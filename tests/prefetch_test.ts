/** Jobs leased ahead: what several workers make of them on a real queue. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type postgres from "postgres";
import {
  type Advance,
  advance,
  completed,
  type JobResult,
  type LeasedJob,
  payForReport,
  startTestDatabase,
} from "../scripts/testing/database.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";

interface AheadReply extends Advance {
  readonly prefetched: readonly LeasedJob[];
  readonly revoked: readonly number[];
}

interface AheadResult extends JobResult {
  readonly next_job?: { readonly job_id: number; readonly attempt: number };
}

const database = await startTestDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

/** Two calls at once, of different models. */
const ONE_CALL_A_LANE = {
  max_in_flight_per_lane: 1,
  max_in_flight_per_group: 2,
  max_in_flight_per_provider: 60,
  max_crashes: 3,
};

async function configure(settings: Record<string, number>): Promise<void> {
  await database.sql`truncate public.reports, private.job_queue, private.job_groups,
    private.job_lanes, private.cost_ledger, private.worker_leases cascade`;
  await database.sql`update private.queue_settings set ${database.sql(settings)}`;
}

/** A worker as `run_worker.ts` has it, whose every step is taken by the test. */
class SteppedWorker {
  id = crypto.randomUUID();
  readonly running = new Map<number, LeasedJob>();
  readonly prefetched: LeasedJob[] = [];
  readonly started: LeasedJob[] = [];
  pending: AheadResult[] = [];
  private isRegistered = false;
  /** True once it was taken for dead although it lives. */
  private isLate = false;

  /** @param unrecorded how many prefetched jobs it may have started unrecorded, if it registers at all. */
  constructor(readonly slots: number, readonly unrecorded?: number) {}

  /** The oldest call ends, and the prefetched job of its lane takes its place. */
  end(): void {
    const [job] = this.running.values();
    if (job === undefined) return;
    this.running.delete(job.job_id);
    const result = completed(job, priceOf(job));
    const unrecorded = this.pending.filter(({ next_job }) => next_job !== undefined).length;
    const next = unrecorded < (this.unrecorded ?? Infinity)
      ? this.prefetched.find((prefetched) => laneOf(prefetched) === laneOf(job))
      : undefined;
    if (next === undefined) this.pending.push(result);
    else {
      this.drop(next);
      const { job_id, attempt } = next;
      this.pending.push({ ...result, next_job: { job_id, attempt } });
      this.start(next);
    }
  }

  /** Returns how much there is to do still. */
  async advance(): Promise<number> {
    if (this.unrecorded !== undefined && !this.isRegistered) {
      await database.workers`
        select public.register_worker(${this.id}, 'benchmark-worker', gen_random_uuid(), 100, ${this.unrecorded})`;
      this.isRegistered = true;
    }
    const want = this.slots - this.running.size;
    const [row] = await database.workers<[{ reply: AheadReply }]>`
      select public.advance_benchmark_runs(${this.id}, ${
      database.workers.json(this.pending.map((result) => ({ ...result })))
    }, ${want}, null, true) as reply`;
    this.pending = [];
    const { jobs, prefetched, revoked, rejected } = row.reply;
    if (!this.isLate) assert.deepEqual(rejected, []);
    if (rejected.length > 0) this.prefetched.length = 0;
    assert.ok(jobs.length <= want);
    for (const job of jobs) {
      if (job.kind === "benchmark_run") this.start(job);
    }
    this.prefetched.push(...prefetched);
    for (const job of prefetched) {
      const kept = this.prefetched.filter((other) => laneOf(other) === laneOf(job)).length;
      const calls = [...this.running.values()].filter((other) => laneOf(other) === laneOf(job));
      assert.ok(
        this.isLate || kept <= calls.length,
        `${kept} jobs prefetched for ${calls.length} calls`,
      );
    }
    for (const job of this.prefetched.filter(({ job_id }) => revoked.includes(job_id))) {
      this.drop(job);
      const { job_id, attempt } = job;
      this.pending.push({ job_id, attempt, outcome: "release" });
    }
    return this.pending.length + this.running.size + jobs.length;
  }

  /** Its isolate is killed; a successor begins anew. */
  async die(): Promise<void> {
    await this.expire();
    this.running.clear();
    this.prefetched.length = 0;
    this.pending = [];
    this.id = crypto.randomUUID();
    this.isRegistered = false;
  }

  /** Its isolate stands still until its leases have expired, and goes on without knowing. */
  async stall(): Promise<void> {
    this.isLate = true;
    await this.expire();
    await database.sql`select private.reap_leases()`;
  }

  private async expire(): Promise<void> {
    await database.sql`update private.job_queue set lease_expires_at = now() - interval '1 second'
      where lease_owner = ${this.id}`;
    await database.sql`update private.worker_leases set expires_at = now() - interval '1 second'
      where id = ${this.id}`;
  }

  private drop(job: LeasedJob): void {
    this.prefetched.splice(this.prefetched.indexOf(job), 1);
  }

  private start(job: LeasedJob): void {
    this.running.set(job.job_id, job);
    this.started.push(job);
  }
}

/** Upper bounds in USD, which every call costs. */
const PRICES: Record<string, number> = { "test/dear": 0.4, "test/fair": 0.1, "test/cheap": 0.02 };

function priceOf({ model_id }: Pick<LeasedJob, "model_id">): number {
  return PRICES[model_id] ?? 0.1;
}

/** Orders 3 models of these prices and returns the report's id. */
async function payForPriced(images: number): Promise<string> {
  const report = await payForReport(database, { models: Object.keys(PRICES), images });
  await database.sql`update private.job_queue
    set reservation_usd = (${
    database.sql.json(PRICES)
  }::jsonb ->> lane)::numeric where group_id = ${report}`;
  await database.sql`update private.job_groups set dearest_job_usd = 0.4 where id = ${report}`;
  return report;
}

function laneOf(job: LeasedJob): string {
  return `${job.report_id} ${job.model_id}`;
}

function mostAlike(keys: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

/** Per lane, group and provider, what the workers really do and what the leases say. */
async function assertCaps(
  workers: readonly SteppedWorker[],
  caps: { readonly perLane: number; readonly perGroup: number; readonly perProvider: number },
): Promise<void> {
  const calls = workers.flatMap(({ running }) => [...running.values()]);
  const leases = await database.sql<{ report_id: string; model_id: string }[]>`
    select group_id as report_id, lane as model_id from private.job_queue
    where lease_owner is not null and group_id is not null and not is_prefetched`;
  for (const held of [calls, leases]) {
    assert.ok(mostAlike(held.map((job) => `${job.report_id} ${job.model_id}`)) <= caps.perLane);
    assert.ok(mostAlike(held.map((job) => job.report_id)) <= caps.perGroup);
    assert.ok(held.length <= caps.perProvider);
  }
  const over = await database.sql`select from private.job_groups
    where reserved_usd + spent_usd + written_off_usd > hard_ceiling_usd`;
  assert.equal(over.length, 0);
}

Deno.test("with prefetched jobs, workers that end, tell and die in any order keep every cap and the ceiling", async () => {
  let followed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        perLane: fc.integer({ min: 1, max: 3 }),
        perGroup: fc.integer({ min: 1, max: 4 }),
        perProvider: fc.integer({ min: 2, max: 6 }),
        hard: fc.constantFrom(1.5, 3, 100),
        reports: fc.integer({ min: 1, max: 2 }),
        slots: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 }),
        steps: fc.array(
          fc.tuple(fc.nat(2), fc.constantFrom("end", "end", "end", "advance", "advance", "die")),
          { minLength: 30, maxLength: 80 },
        ),
      }),
      async ({ perLane, perGroup, perProvider, hard, reports, slots, steps }) => {
        const caps = { perLane, perGroup, perProvider };
        await configure({
          max_in_flight_per_lane: perLane,
          max_in_flight_per_group: perGroup,
          max_in_flight_per_provider: perProvider,
          soft_ceiling_usd: hard,
          hard_ceiling_usd: hard,
          max_crashes: 1_000,
        });
        for (let report = 0; report < reports; report++) {
          const models = ["test/a", "test/b", "test/c"];
          await payForReport(database, { models, images: 8, reservedCost: 0.1 });
        }
        const workers = slots.map((count) => new SteppedWorker(count));
        let deaths = 0;
        for (const [index, action] of steps) {
          const worker = workers[index % workers.length];
          if (worker === undefined) continue;
          if (action === "end") worker.end();
          else if (action === "advance") await worker.advance();
          else if (deaths++ < 3) await worker.die();
          followed += worker.pending.filter(({ next_job }) => next_job !== undefined).length;
          await assertCaps(workers, caps);
        }
        for (let isBusy = true; isBusy;) {
          isBusy = false;
          for (const worker of workers) {
            while (worker.running.size > 0) worker.end();
            if (await worker.advance() > 0) isBusy = true;
            await assertCaps(workers, caps);
          }
        }
        const groups = await database.sql<{ waiting: number; open_jobs: number; usd: number }[]>`
          select waiting, open_jobs, reserved_usd::float8 as usd from private.job_groups`;
        for (const group of groups) {
          assert.deepEqual({ ...group }, { waiting: 0, open_jobs: 0, usd: 0 });
        }
        const runs = await database.sql<{ status: string; runs: number }[]>`
          select status, count(*)::int as runs from public.benchmark_runs group by status`;
        const ended = Object.fromEntries(runs.map(({ status, runs }) => [status, runs]));
        assert.equal((ended["complete"] ?? 0) + (ended["skipped"] ?? 0), reports * 24);
        const started = workers.flatMap((worker) => worker.started.map(({ run_id }) => run_id));
        if (deaths === 0) {
          assert.equal(new Set(started).size, started.length, "a run was made twice");
          assert.equal(ended["complete"], started.length);
        }
      },
    ),
    { numRuns: 40 },
  );
  assert.ok(followed > 100, `only ${followed} jobs took another's place`);
});

Deno.test("a prefetched job goes back without cost, and is written off where its worker died", async () => {
  await configure({ ...ONE_CALL_A_LANE, soft_ceiling_usd: 7, hard_ceiling_usd: 15 });
  const report = await payForReport(database, { images: 10, reservedCost: 0.1 });
  const budget = async () => {
    const [row] = await database.sql<
      [{ reserved: number; spent: number; lost: number; waiting: number }]
    >`select reserved_usd::float8 as reserved, spent_usd::float8 as spent,
        written_off_usd::float8 as lost, waiting from private.job_groups where id = ${report}`;
    return { ...row };
  };
  const worker = new SteppedWorker(2);
  await worker.advance();
  assert.deepEqual([worker.running.size, worker.prefetched.length], [2, 2]);
  assert.deepEqual(await budget(), { reserved: 0.4, spent: 0, lost: 0, waiting: 16 });
  await database.workers`select public.release_worker(${worker.id}, false)`;
  assert.deepEqual(await budget(), { reserved: 0, spent: 0, lost: 0, waiting: 20 });

  const mortal = new SteppedWorker(2);
  await mortal.advance();
  mortal.end();
  await mortal.die();
  await database.sql`select private.reap_leases()`;
  assert.deepEqual(await budget(), { reserved: 0, spent: 0, lost: 0.4, waiting: 20 });
});

Deno.test("of a dead worker's prefetched jobs the dearest are written off, as many as it may have started", async () => {
  await configure({
    ...ONE_CALL_A_LANE,
    max_in_flight_per_group: 3,
    soft_ceiling_usd: 7,
    hard_ceiling_usd: 15,
  });
  const report = await payForPriced(10);
  for (
    const { unrecorded, raisedTo, lost } of [
      { unrecorded: 1, raisedTo: null, lost: 0.52 + 0.4 },
      { unrecorded: 1, raisedTo: 2, lost: 0.52 + 0.4 + 0.1 },
      { unrecorded: 0, raisedTo: null, lost: 0.52 },
      { unrecorded: undefined, raisedTo: null, lost: 2 * 0.52 },
    ]
  ) {
    const [before] = await database
      .sql`select written_off_usd from private.job_groups where id = ${report}`;
    const worker = new SteppedWorker(3, unrecorded);
    await worker.advance();
    assert.deepEqual([worker.running.size, worker.prefetched.length], [3, 3]);
    const { id } = worker;
    const renew = async () => {
      const [row] = await database.workers`select public.renew_leases(${id}, ${raisedTo}) as jobs`;
      return row?.["jobs"];
    };
    assert.equal(await renew(), 6);
    await worker.die();
    await database.sql`select private.reap_leases()`;
    const [group] = await database.sql`
      select reserved_usd::float8 as reserved, (written_off_usd - ${
      before?.["written_off_usd"]
    })::float8 as lost
      from private.job_groups where id = ${report}`;
    assert.deepEqual({ ...group }, { reserved: 0, lost });
    // It was taken for dead: that it may have started more is not taken note of any more.
    assert.equal(await renew(), raisedTo === null ? 0 : null);
  }
  const ledger = await database.sql`select state, sum(reserved_usd)::float8 as usd
    from private.cost_ledger where group_id = ${report} group by state order by state`;
  assert.deepEqual([...ledger], [{ state: "returned", usd: 0.12 + 0.02 + 0.52 }, {
    state: "written_off",
    usd: 3.5,
  }]);
});

Deno.test("whatever workers start before and after they are taken for dead, the books cover it under the ceiling", async () => {
  let late = 0;
  let returned = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        perLane: fc.integer({ min: 1, max: 3 }),
        hard: fc.constantFrom(3, 100),
        workers: fc.array(
          fc.record({
            slots: fc.integer({ min: 1, max: 6 }),
            unrecorded: fc.integer({ min: 0, max: 4 }),
          }),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
        steps: fc.array(
          fc.tuple(
            fc.nat(2),
            fc.constantFrom("end", "end", "end", "advance", "advance", "stall", "die"),
          ),
          { minLength: 30, maxLength: 80 },
        ),
      }),
      async ({ perLane, hard, workers: sizes, steps }) => {
        await configure({
          max_in_flight_per_lane: perLane,
          max_in_flight_per_group: 9,
          max_in_flight_per_provider: 60,
          soft_ceiling_usd: hard,
          hard_ceiling_usd: hard,
          max_crashes: 1_000,
        });
        for (let report = 0; report < 2; report++) await payForPriced(12);
        const workers = sizes.map(({ slots, unrecorded }) => new SteppedWorker(slots, unrecorded));
        for (const [index, action] of steps) {
          const worker = workers[index % workers.length];
          if (worker === undefined) continue;
          if (action === "end") worker.end();
          else await worker[action]();
          const groups = await database.sql<{ id: string; booked: number; hard: number }[]>`
            select id, (spent_usd + reserved_usd + written_off_usd)::float8 as booked, hard_ceiling_usd::float8 as hard
            from private.job_groups`;
          const started = workers.flatMap((worker) => worker.started);
          for (const { id, booked, hard } of groups) {
            const billed = started.filter(({ report_id }) => report_id === id)
              .reduce((usd, job) => usd + priceOf(job), 0);
            assert.ok(billed <= booked + 1e-9, `${billed} USD were billed, ${booked} are booked`);
            assert.ok(booked <= hard);
          }
        }
        const [lost] = await database.sql`
          select count(*) filter (where state = 'returned')::int as returned from private.cost_ledger`;
        returned += lost?.["returned"];
        const runs = workers.flatMap((worker) => worker.started.map(({ run_id }) => run_id));
        late += runs.length - new Set(runs).size;
      },
    ),
    { numRuns: 30 },
  );
  assert.ok(
    late > 100 && returned > 20,
    `${late} runs were made twice, ${returned} prefetched ones given back`,
  );
});

Deno.test("prefetched jobs count against both ceilings before they have started", async () => {
  const cases = [
    { soft_ceiling_usd: 7, hard_ceiling_usd: 15, prefetched: 2 },
    { soft_ceiling_usd: 0.5, hard_ceiling_usd: 15, prefetched: 1 },
    { soft_ceiling_usd: 0.7, hard_ceiling_usd: 0.7, prefetched: 1 },
  ];
  for (const { prefetched, ...ceilings } of cases) {
    await configure({ ...ONE_CALL_A_LANE, ...ceilings });
    await payForReport(database, { images: 10, reservedCost: 0.2 });
    const worker = new SteppedWorker(2);
    await worker.advance();
    const held = [worker.running.size, worker.prefetched.length];
    assert.deepEqual(held, [2, prefetched], JSON.stringify(ceilings));
  }
});

Deno.test("of two workers that ask at the same moment only one gets the last that the ceiling allows", async () => {
  await configure({ ...ONE_CALL_A_LANE, soft_ceiling_usd: 0.7, hard_ceiling_usd: 0.7 });
  const report = await payForReport(database, { images: 10, reservedCost: 0.2 });
  const [one, two] = [crypto.randomUUID(), crypto.randomUUID()];
  for (const worker of [one, two]) {
    assert.equal((await advance(database, worker, [], 1)).jobs.length, 1);
  }
  // Their calls are of different lanes, so that neither stumbles over the row that the other takes.
  const askAhead = async (sql: postgres.ISql, worker: string) =>
    await sql`select public.advance_benchmark_runs(${worker}, '[]', 0, null, true)`;
  let hasAnswered = false;
  const { second } = await database.workers.begin(async (sql) => {
    await askAhead(sql, one);
    const second = askAhead(database.workers, two).finally(() => hasAnswered = true);
    await waitFor("the second to wait or to be answered", async () => {
      const waiting = await database.sql`select from pg_locks where not granted`;
      return waiting.length > 0 || hasAnswered;
    });
    return { second };
  });
  await second;
  const [group] = await database.sql`
    select reserved_usd::float8 as usd from private.job_groups where id = ${report}`;
  assert.equal(group?.["usd"], 0.6);
});

Deno.test("no place is kept for a report while another has fewer calls in flight", async () => {
  await configure({
    max_in_flight_per_lane: 3,
    max_in_flight_per_group: 4,
    max_in_flight_per_provider: 5,
    soft_ceiling_usd: 7,
    hard_ceiling_usd: 15,
    max_crashes: 3,
  });
  const large = await payForReport(database, { images: 30 });
  const worker = new SteppedWorker(4);
  await worker.advance();
  assert.equal(worker.prefetched.length, 4);
  const small = await payForReport(database, { images: 2 });
  for (let step = 0; step < 2; step++) {
    worker.end();
    await worker.advance();
  }
  assert.equal(worker.prefetched.length, 0);
  for (let step = 0; step < 2; step++) {
    worker.end();
    await worker.advance();
  }
  const reports = [...worker.running.values()].map(({ report_id }) => report_id);
  assert.ok(reports.includes(small) && reports.includes(large), reports.join());
});
