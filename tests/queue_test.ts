import assert from "node:assert/strict";
import fc from "fast-check";
import postgres from "postgres";
import {
  advance,
  completed,
  type JobResult,
  type LeasedJob,
  orderReport,
  payForReport,
  paymentPayload,
  payReport,
  refundPayload,
  startTestDatabase,
  type TestDatabase,
} from "../scripts/testing/database.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import { createEmailSource } from "../supabase/functions/_shared/email/store.ts";
import { toJson } from "../supabase/functions/_shared/platform/database.ts";

const database = await startTestDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());

/** Empties queue and reports between tests, and puts the settings back. */
async function reset(db: TestDatabase, settings: Record<string, number> = {}): Promise<void> {
  await db.sql`delete from public.reports`;
  await db.sql`delete from private.job_queue`;
  await db.sql`delete from private.worker_leases`;
  await db.sql`delete from private.provider_limits`;
  await db.sql`delete from private.provider_circuits`;
  await db.sql`delete from net.http_request_queue`;
  await db.sql`delete from private.queue_settings`;
  await db.sql`insert into private.queue_settings ${db.sql({ singleton: true, ...settings })}`;
}

async function budget(report: string) {
  const [row] = await database.sql<
    [{ reserved: number; spent: number; written_off: number; waiting: number; open_jobs: number }]
  >`select reserved_usd::float8 as reserved, spent_usd::float8 as spent,
      written_off_usd::float8 as written_off, waiting, open_jobs
    from private.job_groups where id = ${report}`;
  return row;
}

async function runStatuses(report: string): Promise<Record<string, number>> {
  const rows = await database.sql<{ status: string; runs: number }[]>`
    select status, count(*)::int as runs from public.benchmark_runs where report_id = ${report}
    group by status`;
  return Object.fromEntries(rows.map(({ status, runs }) => [status, runs]));
}

async function reportOf(id: string) {
  const [row] = await database.sql<
    [{ status: string; partial: boolean; partial_reason: string | null; error: string | null }]
  >`select status, partial, partial_reason, error from public.reports where id = ${id}`;
  return row;
}

/** Ends what is left of a report as a worker would, the finalisation included. */
async function drain(worker: string, results: readonly JobResult[] = []): Promise<number> {
  let pending = results;
  let runs = 0;
  while (true) {
    const { jobs } = await advance(database, worker, pending, 10);
    pending = [];
    if (jobs.length === 0) return runs;
    for (const job of jobs) {
      if (job.kind === "benchmark_run") {
        runs++;
        pending = [...pending, completed(job)];
      } else {
        await finalize(worker, job);
      }
    }
  }
}

async function finalize(worker: string, job: LeasedJob): Promise<boolean> {
  const [row] = await database.workers<[{ done: boolean }]>`
    select public.finalize_report(${worker}, ${job.job_id}, ${job.attempt}, 'complete', 'test/a',
      'Because.', '{}', null) as done`;
  return row.done;
}

async function expireLeases(worker: string): Promise<void> {
  await database.sql`update private.job_queue set lease_expires_at = now() - interval '1 second'
    where lease_owner = ${worker}`;
}

/** Fails if a row violates a rule over several columns. */
async function assertRowsAgree(): Promise<void> {
  const wrong = await database.sql`
    select 'group' as row, to_jsonb(g) as value from private.job_groups g
    where open_jobs < waiting
      or waiting <> (select count(*) from private.job_queue q
        where q.group_id = g.id and q.lease_owner is null and q.dead_at is null)
      or open_jobs <> (select count(*) from private.job_queue q where q.group_id = g.id and q.dead_at is null)
      or reserved_usd <> (select coalesce(sum(q.reservation_usd), 0) from private.job_queue q
        where q.group_id = g.id and q.lease_owner is not null)
    union all
    select 'job', to_jsonb(q) from private.job_queue q
    where (lease_owner is null) <> (lease_expires_at is null)
      or (lease_owner is not null and dead_at is not null) or (lease_owner is null and is_prefetched)
      or num_nulls(group_id, lane, provider) not in (0, 3) or releases > attempts
    union all
    select 'ledger', to_jsonb(l) from private.cost_ledger l
    where (state = 'settled') <> (actual_usd is not null)`;
  assert.deepEqual([...wrong], []);
}

Deno.test("four workers at once stay within every cap and below the ceiling, and run nothing twice", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        perLane: fc.integer({ min: 1, max: 4 }),
        perGroup: fc.integer({ min: 1, max: 8 }),
        perProvider: fc.integer({ min: 2, max: 12 }),
        reports: fc.integer({ min: 1, max: 3 }),
        models: fc.integer({ min: 1, max: 4 }),
        images: fc.integer({ min: 1, max: 6 }),
        hard: fc.integer({ min: 1, max: 12 }),
        wants: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 4, maxLength: 4 }),
        costs: fc.array(fc.constantFrom(0, 0.05, 0.1), { minLength: 3, maxLength: 3 }),
      }),
      async (
        { perLane, perGroup, perProvider, reports: count, models, images, hard, wants, costs },
      ) => {
        await reset(database, {
          max_in_flight_per_lane: perLane,
          max_in_flight_per_group: perGroup,
          max_in_flight_per_provider: perProvider,
          soft_ceiling_usd: hard / 10,
          hard_ceiling_usd: hard / 10,
        });
        const options = {
          models: Array.from({ length: models }, (_, index) => `test/${index}`),
          images,
          reservedCost: 0.1,
        };
        const reports: string[] = [];
        while (reports.length < count) reports.push(await payForReport(database, options));
        const started = new Set<string>();
        let maxProvider = 0;
        const checkCaps = async () => {
          // One statement, hence one snapshot of what all workers hold.
          const [row] = await database.sql<
            [{ lane: number; grp: number; provider: number; over: number }]
          >`with leased as (select * from private.job_queue
              where lease_owner is not null and group_id is not null)
            select
              coalesce((select max(n) from (select count(*) n from leased group by group_id, lane) x), 0)::int as lane,
              coalesce((select max(n) from (select count(*) n from leased group by group_id) x), 0)::int as grp,
              coalesce((select max(n) from (select count(*) n from leased group by provider) x), 0)::int as provider,
              (select count(*) from private.job_groups
                where reserved_usd + spent_usd + written_off_usd > hard_ceiling_usd)::int as over`;
          assert.ok(row.lane <= perLane && row.grp <= perGroup && row.provider <= perProvider);
          assert.equal(row.over, 0);
          maxProvider = Math.max(maxProvider, row.provider);
          await assertRowsAgree();
        };
        const work = async (index: number) => {
          const worker = crypto.randomUUID();
          let pending: JobResult[] = [];
          for (let idle = 0; idle < 3;) {
            const { jobs, rejected } = await advance(
              database,
              worker,
              pending,
              wants[index] ?? 1,
            );
            assert.deepEqual(rejected, []);
            await checkCaps();
            pending = [];
            idle = jobs.length === 0 ? idle + 1 : 0;
            for (const job of jobs) {
              if (job.kind !== "benchmark_run") {
                assert.equal(await finalize(worker, job), true);
                continue;
              }
              assert.ok(!started.has(job.run_id), "a run was handed out twice");
              started.add(job.run_id);
              pending.push(completed(job, costs[started.size % costs.length]));
            }
          }
        };
        await Promise.all([0, 1, 2, 3].map(work));
        await drain(crypto.randomUUID());
        for (const report of reports) {
          const { status } = await reportOf(report);
          assert.equal(status, "complete");
          const { open_jobs, waiting, reserved, spent } = await budget(report);
          assert.deepEqual({ open_jobs, waiting, reserved }, {
            open_jobs: 0,
            waiting: 0,
            reserved: 0,
          });
          assert.ok(spent <= hard / 10 + 1e-9);
        }
        assert.ok(maxProvider > 0);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("a worker that died loses its jobs to the next one, and what it may have spent counts", async () => {
  await reset(database);
  const report = await payForReport(database, { models: ["test/a"], images: 3, reservedCost: 0.5 });
  const [dead, alive] = [crypto.randomUUID(), crypto.randomUUID()];
  const first = await advance(database, dead, [], 3);
  assert.equal(first.jobs.length, 3);
  assert.equal((await advance(database, alive, [], 3)).jobs.length, 0, "the cap is used up");

  await expireLeases(dead);
  const second = await advance(database, alive, [], 3);
  assert.deepEqual(
    second.jobs.map(({ run_id }) => run_id).toSorted(),
    first.jobs.map(({ run_id }) => run_id).toSorted(),
  );
  assert.ok(second.jobs.every(({ crashes, attempt }) => crashes === 1 && attempt === 2));

  // The first worker was only slow: what it brings now changes nothing.
  const late = await advance(database, dead, first.jobs.map((job) => completed(job, 0.4)), 0);
  assert.deepEqual(late.rejected.toSorted(), first.jobs.map(({ job_id }) => job_id).toSorted());
  assert.deepEqual(await runStatuses(report), { running: 3 });

  await drain(alive, second.jobs.map((job) => completed(job, 0.4)));
  assert.deepEqual(await runStatuses(report), { complete: 3 });
  const { spent, written_off, reserved } = await budget(report);
  assert.deepEqual([spent, written_off, reserved].map((usd) => usd.toFixed(2)), [
    "1.20",
    "1.50",
    "0.00",
  ]);
  const ledger = await database.sql`
    select state, count(*)::int as attempts from private.cost_ledger where group_id = ${report}
    group by state order by state`;
  assert.deepEqual([...ledger], [
    { state: "settled", attempts: 3 },
    { state: "written_off", attempts: 3 },
  ]);
});

Deno.test("a job that kills its worker three times is dead-lettered, and its report still ends", async () => {
  await reset(database);
  const report = await payForReport(database, { models: ["test/a"], images: 1 });
  for (let crash = 1; crash <= 3; crash++) {
    const worker = crypto.randomUUID();
    const { jobs } = await advance(database, worker, [], 5);
    assert.equal(jobs.length, 1, `lease ${crash}`);
    await expireLeases(worker);
  }
  assert.equal(await drain(crypto.randomUUID()), 0);
  assert.deepEqual(await runStatuses(report), { failed: 1 });
  const { status, partial, partial_reason } = await reportOf(report);
  assert.deepEqual({ status, partial }, { status: "complete", partial: true });
  assert.equal(partial_reason, "1 of 1 runs failed");
  const letters = await database.workers`
    select kind, crashes, last_error from public.report_dead_letters`;
  assert.deepEqual([...letters], [
    { kind: "benchmark_run", crashes: 3, last_error: "lost with its worker 3 times" },
  ]);
});

const POSTPONED_BY_OUTAGE = {
  outcome: "retry",
  charge: "none",
  error_message: "503",
  error_kind: "outage",
  run_at_ms: 0,
};

Deno.test("past the soft ceiling nothing starts: the rest is skipped and the report is partial", async () => {
  await reset(database, { soft_ceiling_usd: 1, hard_ceiling_usd: 2, max_in_flight_per_lane: 1 });
  const report = await payForReport(database, {
    models: ["test/a"],
    images: 10,
    reservedCost: 0.3,
  });
  const worker = crypto.randomUUID();
  let pending: JobResult[] = [];
  let runs = 0;
  for (let jobs: readonly LeasedJob[] = []; runs < 20;) {
    ({ jobs } = await advance(database, worker, pending, 1));
    pending = [];
    if (jobs.length === 0) break;
    for (const job of jobs) {
      if (job.kind === "report_finalization") await finalize(worker, job);
      else {
        runs++;
        const { job_id, attempt } = job;
        pending.push(
          runs === 1 ? { job_id, attempt, ...POSTPONED_BY_OUTAGE } : completed(job, 0.3),
        );
      }
    }
  }
  assert.equal(runs, 1 + 4, "the run that crosses the ceiling is the last");
  assert.deepEqual(await runStatuses(report), { complete: 4, skipped: 6 });
  const { status, partial, partial_reason } = await reportOf(report);
  assert.deepEqual([status, partial, partial_reason], [
    "complete",
    true,
    // One of them was tried before, and its outage is not the reason.
    "6 of 10 runs skipped (soft_ceiling)",
  ]);
});

Deno.test("crashed workers use up the hard ceiling and not the soft one, so that no run is skipped for them", async () => {
  const ceilings = { soft_ceiling_usd: 1, hard_ceiling_usd: 4 };
  await reset(database, { ...ceilings, max_in_flight_per_lane: 3 });
  const report = await payForReport(database, {
    models: ["test/a"],
    images: 10,
    reservedCost: 0.5,
  });
  for (const lost of [1, 2]) {
    const dead = crypto.randomUUID();
    const { jobs } = await advance(database, dead, [], 3);
    assert.equal(jobs.length, 2, "two reservations reach the soft ceiling");
    await database.sql`update private.job_queue set lease_expires_at = now() - interval '1 second'
      where lease_owner = ${dead}`;
    await database.sql`select private.reap_leases()`;
    const [group] = await database.sql`
      select written_off_usd::float8 as lost, soft_ceiling_usd::float8 as soft
      from private.job_groups where id = ${report}`;
    assert.deepEqual({ ...group }, { lost, soft: 1 + lost });
  }
  const worker = crypto.randomUUID();
  let pending: JobResult[] = [];
  for (let isBusy = true; isBusy;) {
    const { jobs } = await advance(database, worker, pending, 1);
    pending = jobs.filter(({ kind }) => kind === "benchmark_run").map((job) =>
      completed(job, 0.09)
    );
    for (const job of jobs) {
      if (job.kind === "report_finalization") await finalize(worker, job);
    }
    isBusy = jobs.length > 0;
  }
  assert.deepEqual(await runStatuses(report), { complete: 10 });
  assert.equal((await reportOf(report)).partial, false);
});

Deno.test("what cannot fit under the hard ceiling is never reserved", async () => {
  await reset(database, { soft_ceiling_usd: 1, hard_ceiling_usd: 1 });
  const report = await payForReport(database, { models: ["test/a"], images: 2, reservedCost: 1.5 });
  assert.deepEqual(await runStatuses(report), { skipped: 2 });
  await drain(crypto.randomUUID());
  assert.equal((await reportOf(report)).partial_reason, "2 of 2 runs skipped (hard_ceiling)");
  const [ledger] = await database.sql`
    select count(*)::int as n from private.cost_ledger where group_id = ${report}`;
  assert.equal(ledger?.n, 0);
});

Deno.test("a small report is served beside a large one that came first", async () => {
  await reset(database, { max_in_flight_per_provider: 4 });
  const models = ["test/a", "test/b", "test/c", "test/d"];
  const large = await payForReport(database, { models, images: 50 });
  const small = await payForReport(database, { models, images: 1 });
  const { jobs } = await advance(database, crypto.randomUUID(), [], 4);
  const count = (report: string) => jobs.filter(({ report_id }) => report_id === report).length;
  assert.deepEqual([count(large), count(small)], [2, 2]);
});

Deno.test("a claim takes every place below each cap and ceiling, alone or beside another report, and not one more", async () => {
  const cases = [
    { settings: { max_in_flight_per_lane: 2 }, alone: 4, together: 8 },
    { settings: { max_in_flight_per_group: 5 }, alone: 5, together: 10 },
    { settings: { max_in_flight_per_provider: 5 }, alone: 5, together: 5 },
    { settings: { soft_ceiling_usd: 0.5, hard_ceiling_usd: 9 }, alone: 3, together: 6 },
    { settings: { soft_ceiling_usd: 0.5, hard_ceiling_usd: 0.5 }, alone: 2, together: 4 },
  ];
  for (const { settings, alone, together } of cases) {
    for (const [reports, places] of [[1, alone], [2, together]] as const) {
      await reset(database, settings);
      for (let report = 0; report < reports; report++) {
        await payForReport(database, { images: 20, reservedCost: 0.2 });
      }
      const what = `${reports} reports, ${JSON.stringify(settings)}`;
      const first = await advance(database, crypto.randomUUID(), [], 40);
      assert.equal(first.jobs.length, places, what);
      const second = await advance(database, crypto.randomUUID(), [], 40);
      assert.equal(second.jobs.length, 0, what);
    }
  }
});

Deno.test("calls of a report that has nothing left to start still fill its provider's places", async () => {
  await reset(database, { max_in_flight_per_provider: 5 });
  for (const places of [4, 1]) {
    await payForReport(database, { images: 2 });
    const { jobs } = await advance(database, crypto.randomUUID(), [], 4);
    assert.equal(jobs.length, places);
  }
});

Deno.test("a lease is held by one worker and one attempt: no other's result counts", async () => {
  await reset(database);
  const report = await payForReport(database, { models: ["test/a"], images: 1 });
  const [worker, other] = [crypto.randomUUID(), crypto.randomUUID()];
  const [first] = (await advance(database, worker, [], 1)).jobs;
  await expireLeases(worker);
  // The worker had only stalled, and now holds the job that it lost.
  const [second] = (await advance(database, worker, [], 1)).jobs;
  assert.ok(first && second);
  assert.deepEqual([first.job_id, first.attempt + 1], [second.job_id, second.attempt]);
  for (const [sender, job] of [[worker, first], [other, second]] as const) {
    const { rejected } = await advance(database, sender, [completed(job)], 0);
    assert.deepEqual(rejected, [job.job_id]);
  }
  assert.deepEqual(await runStatuses(report), { running: 1 });
  assert.deepEqual((await advance(database, worker, [completed(second)], 0)).rejected, []);
  assert.deepEqual(await runStatuses(report), { complete: 1 });
});

Deno.test("a worker that renews its leases keeps its jobs", async () => {
  await reset(database);
  await payForReport(database, { models: ["test/a"], images: 1 });
  const worker = crypto.randomUUID();
  const { jobs } = await advance(database, worker, [], 1);
  await expireLeases(worker);
  const [renewed] = await database.workers`select public.renew_leases(${worker}) as jobs`;
  assert.equal(renewed?.["jobs"], 1);
  assert.deepEqual((await advance(database, crypto.randomUUID(), [], 1)).jobs, []);
  assert.deepEqual(
    (await advance(database, worker, jobs.map((job) => completed(job)), 0)).rejected,
    [],
  );
});

Deno.test("a worker's leases last as long as it was told when it registered, whatever is set later", async () => {
  await reset(database, { lease_seconds: 30 });
  await payForReport(database, { models: ["test/a"], images: 2 });
  const [worker, late] = [crypto.randomUUID(), crypto.randomUUID()];
  const register = async (id: string) => {
    const [row] = await database.workers`
      select public.register_worker(${id}, 'benchmark-worker', gen_random_uuid(), 100) as seconds`;
    return row?.["seconds"];
  };
  /** Returns the longest and the shortest rest of a worker's leases, its own included, in seconds. */
  const rests = async (id: string) => {
    const rows = await database.sql<{ rest: number }[]>`
      select distinct round(extract(epoch from x.at - now()))::int as rest from (
        select lease_expires_at as at from private.job_queue where lease_owner = ${id}
        union all select expires_at from private.worker_leases where id = ${id}
      ) x`;
    return rows.map(({ rest }) => rest);
  };
  assert.equal(await register(worker), 30);
  await database.sql`update private.queue_settings set lease_seconds = 5`;
  await advance(database, worker, [], 1);
  await database.workers`select public.renew_leases(${worker})`;
  assert.ok((await rests(worker)).every((rest) => rest > 20), `${await rests(worker)}`);
  assert.equal(await register(late), 5);
  await advance(database, late, [], 1);
  assert.ok((await rests(late)).every((rest) => rest <= 5), `${await rests(late)}`);
});

Deno.test("leases that no heartbeat can keep are refused where they are set", async () => {
  for (const seconds of [4, 0, 301]) {
    await assert.rejects(
      database.sql`update private.queue_settings set lease_seconds = ${seconds}`,
      { message: `lease_seconds must be from 5 to 300, not ${seconds}` },
    );
  }
});

Deno.test("a claim fills every free place, whether the runs cost anything or not", async () => {
  for (const reservedCost of [0, 0.01]) {
    await reset(database);
    const models = ["test/a", "test/b", "test/c", "test/d"];
    await payForReport(database, { models, images: 5, reservedCost });
    const { jobs } = await advance(database, crypto.randomUUID(), [], 20);
    assert.equal(jobs.length, 10, `runs that reserve ${reservedCost} USD`);
  }
});

Deno.test("reports that can start nothing now do not keep a place from those behind them", async () => {
  await reset(database);
  const delayed = [];
  for (let report = 0; report < 3; report++) delayed.push(await payForReport(database, {}));
  await database.sql`update private.job_queue set run_at = now() + interval '1 hour'`;
  const due = [await payForReport(database, {}), await payForReport(database, {})];
  const { jobs } = await advance(database, crypto.randomUUID(), [], 2);
  assert.deepEqual(jobs.map(({ report_id }) => report_id).toSorted(), due.toSorted());
});

Deno.test("jobs that are delayed hold back none of their lane", async () => {
  await reset(database);
  await payForReport(database, { models: ["test/a"], images: 5 });
  const worker = crypto.randomUUID();
  const first = (await advance(database, worker, [], 3)).jobs;
  const delayed = first.map(({ job_id, attempt }): JobResult => ({
    job_id,
    attempt,
    outcome: "retry",
    charge: "none",
    run_at_ms: 60_000,
  }));
  const then = (await advance(database, worker, delayed, 3)).jobs;
  assert.deepEqual(then.map(({ attempt }) => attempt), [1, 1]);
});

Deno.test("a delayed job waits for its time, and an exhausted one is given up", async () => {
  await reset(database);
  const report = await payForReport(database, { models: ["test/a"], images: 1 });
  const worker = crypto.randomUUID();
  const [job] = (await advance(database, worker, [], 1)).jobs;
  assert.ok(job);
  const retry = (leased: LeasedJob, delay: number): JobResult => ({
    job_id: leased.job_id,
    attempt: leased.attempt,
    outcome: "retry",
    charge: "none",
    run_at_ms: delay,
    error_message: "429",
  });
  const waiting = await advance(database, worker, [retry(job, 60_000)], 5);
  assert.equal(waiting.jobs.length, 0);
  assert.equal(waiting.waiting, 1);
  const due = waiting.next_run_at_ms ?? 0;
  assert.ok(due > 55_000 && due <= 60_000, String(due));
  assert.deepEqual(await runStatuses(report), { queued: 1 });

  await database.sql`update private.job_queue set run_at = now() where group_id = ${report}`;
  let leased = (await advance(database, worker, [], 1)).jobs;
  for (let attempt = 2; attempt <= 8; attempt++) {
    const [next] = leased;
    assert.equal(next?.attempt, attempt);
    leased = (await advance(database, worker, [retry(next, 0)], 1)).jobs;
  }
  assert.deepEqual(leased.map(({ kind }) => kind), ["report_finalization"]);
  assert.deepEqual(await runStatuses(report), { failed: 1 });
});

Deno.test("what comes back to a report that was stopped is skipped, whoever gives it back", async () => {
  for (const returns of ["release_worker", "reap", "retry"] as const) {
    await reset(database, { soft_ceiling_usd: 1 });
    const report = await payForReport(database, { models: ["test/a"], images: 5 });
    const worker = crypto.randomUUID();
    const { jobs: [job, ...others] } = await advance(database, worker, [], 3);
    assert.ok(job);
    await advance(database, worker, [completed(job, 1)], 0);
    if (returns === "release_worker") {
      await database.workers`select public.release_worker(${worker}, false)`;
    } else if (returns === "reap") {
      await expireLeases(worker);
      await sweep();
    } else {
      const retry = { outcome: "retry", charge: "none", error_message: "429" };
      const results = others.map(({ job_id, attempt }) => ({ job_id, attempt, ...retry }));
      await advance(database, worker, results, 0);
    }
    assert.deepEqual(await runStatuses(report), { complete: 1, skipped: 4 }, returns);
    const { jobs } = await advance(database, worker, [], 5);
    assert.deepEqual(jobs.map(({ kind }) => kind), ["report_finalization"], returns);
    await assertRowsAgree();
  }
});

Deno.test("what a dead worker gives back past the hard ceiling is skipped, and its report ends", async () => {
  await reset(database, { soft_ceiling_usd: 1, hard_ceiling_usd: 1 });
  const report = await payForReport(database, { models: ["test/a"], images: 2, reservedCost: 0.6 });
  const dead = crypto.randomUUID();
  assert.equal((await advance(database, dead, [], 2)).jobs.length, 1);
  await expireLeases(dead);
  assert.equal(await drain(crypto.randomUUID()), 0);
  assert.deepEqual(await runStatuses(report), { skipped: 2 });
  assert.equal((await reportOf(report)).status, "complete");
});

Deno.test("a job given back unstarted keeps all its attempts", async () => {
  await reset(database);
  await payForReport(database, { models: ["test/a"], images: 1 });
  const worker = crypto.randomUUID();
  let [job] = (await advance(database, worker, [], 1)).jobs;
  const end = async (outcome: string) => {
    assert.ok(job);
    const { job_id, attempt } = job;
    const result = { job_id, attempt, outcome, charge: "none", error_message: outcome };
    [job] = (await advance(database, worker, [result], 1)).jobs;
  };
  for (let release = 0; release < 10; release++) await end("release");
  for (let retry = 0; retry < 7; retry++) {
    await end("retry");
    assert.equal(job?.kind, "benchmark_run", `retry ${retry}`);
    await end("release");
  }
  await end("retry");
  assert.equal(job?.kind, "report_finalization", "the eighth attempt was the last");
});

Deno.test("in whatever order, and however often, Stripe's events arrive, the report ends the same", async () => {
  const events = [
    { type: "checkout.session.completed", paid: false },
    { type: "checkout.session.completed", paid: true },
    { type: "checkout.session.async_payment_succeeded", paid: true },
    { type: "checkout.session.async_payment_failed", paid: false },
    { type: "checkout.session.expired", paid: false },
    { type: "charge.refunded", paid: false },
    { type: "checkout.session.unheard_of", paid: false },
  ];
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray([...events, ...events], { minLength: 1 }),
      async (arrivals) => {
        await reset(database);
        const { report, session } = await orderReport(database, { models: ["test/a"], images: 2 });
        for (const { type, paid } of arrivals) {
          const id = `${type}-${paid}-${session}`;
          await database.workers`select public.apply_stripe_event(${id}, ${type},
            now(), ${report}, ${
            type === "charge.refunded" ? null : session
          }, ${`pi_${session}`}, ${paid},
            ${
            database.workers.json(
              toJson(type === "charge.refunded" ? refundPayload() : paymentPayload()),
            )
          })`;
        }
        const has = (type: string) => arrivals.some((event) => event.type === type);
        const isOver = has("checkout.session.expired") ||
          has("checkout.session.async_payment_failed");
        const expected = !arrivals.some(({ paid }) => paid)
          ? isOver ? "expired" : "awaiting_payment"
          : has("charge.refunded")
          ? "refunded"
          : "paid";
        assert.equal((await reportOf(report)).status, expected);
        const runs = await runStatuses(report);
        assert.equal(runs["queued"] ?? 0, expected === "paid" ? 2 : 0);
        const [jobs] = await database.sql`
          select count(*)::int as n from private.job_queue where kind = 'benchmark_run'`;
        assert.equal(jobs?.n, expected === "paid" ? 2 : 0);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("a refund that names no report and comes while its payment is being applied takes it back", async () => {
  await reset(database);
  const { report, session } = await orderReport(database, { models: ["test/a"], images: 2 });
  let refund: Promise<unknown> | undefined;
  await database.workers.begin(async (sql) => {
    await sql`select public.apply_stripe_event('evt_paid', 'checkout.session.completed', now(),
      ${report}, ${session}, 'pi_both', true, ${sql.json(toJson(paymentPayload()))})`;
    refund = database.workers`
      select public.apply_stripe_event('evt_back', 'charge.refunded', now(), null, null, 'pi_both',
        false, ${database.workers.json(toJson(refundPayload()))})`.execute();
    await waitFor("the refund to have been looked at or to wait", async () => {
      const [row] = await database.sql`
        select exists (select from private.stripe_events where id = 'evt_back')
          or exists (select from pg_stat_activity
            where wait_event_type = 'Lock' and query like '%evt_back%') as done`;
      return row?.done;
    });
  });
  await refund;
  assert.equal((await reportOf(report)).status, "refunded");
  const [jobs] = await database.sql`
    select count(*)::int as n from private.job_queue where kind = 'benchmark_run'`;
  assert.equal(jobs?.n, 0);
});

Deno.test("a payment and its enqueuing are one: a crash between them leaves neither", async () => {
  await reset(database);
  const { report, session } = await orderReport(database, { models: ["test/a"], images: 2 });
  await assert.rejects(database.workers.begin(async (sql) => {
    await sql`select public.apply_stripe_event('evt_crash', 'checkout.session.completed', now(),
      ${report}, ${session}, 'pi_crash', true, ${sql.json(toJson(paymentPayload()))})`;
    throw new Error("killed before the commit");
  }));
  assert.equal((await reportOf(report)).status, "awaiting_payment");
  assert.deepEqual(await runStatuses(report), {});
  // Stripe tries again, with the same event.
  assert.equal((await payReport(database, report, session)).outcome, "applied");
  assert.deepEqual(await runStatuses(report), { queued: 2 });
  assert.equal((await payReport(database, report, session)).outcome, "duplicate");
  assert.deepEqual(await runStatuses(report), { queued: 2 });
});

Deno.test("a chain runs once per report, and a successor is called where work is left", async () => {
  await reset(database, { max_workers: 2 });
  const [one, two, three] = [
    await payForReport(database, {}),
    await payForReport(database, {}),
    await payForReport(database, {}),
  ];
  const register = async (worker: string, group: string | null) => {
    const [row] = await database.workers<[{ ok: boolean }]>`
      select public.register_worker(${worker}, 'benchmark-worker', ${group}, 100) is not null as ok`;
    return row.ok;
  };
  const first = crypto.randomUUID();
  assert.equal(await register(first, one), true);
  assert.equal(await register(crypto.randomUUID(), one), false, "delivered twice");
  assert.equal(await register(crypto.randomUUID(), two), true);
  assert.equal(await register(crypto.randomUUID(), three), false, "enough chains run");

  await database.sql`delete from net.http_request_queue`;
  const { jobs } = await advance(database, first, [], 2);
  assert.equal(jobs.length, 2);
  await database.workers`select public.release_worker(${first}, true)`;
  const [held] = await database.sql`
    select count(*)::int as n from private.job_queue where lease_owner = ${first}`;
  assert.equal(held?.n, 0);
  const calls = await database.sql<{ url: string; body: { group_id: string } }[]>`
    select url, convert_from(body, 'utf8')::jsonb as body from net.http_request_queue`;
  assert.deepEqual(calls.map(({ body }) => body), [{ group_id: one }]);
  assert.ok(calls[0]?.url.endsWith("/functions/v1/benchmark-worker"));
});

/** Sweeps, and returns what is called: `benchmark-worker <report>`. */
async function sweep(): Promise<string[]> {
  await database.sql`delete from net.http_request_queue`;
  await database.sql`select private.sweep_queue()`;
  const calls = await database.sql<{ call: string }[]>`
    select concat_ws(' ', substring(url from '[^/]+$'),
      convert_from(body, 'utf8')::jsonb ->> 'group_id') as call
    from net.http_request_queue order by call`;
  return calls.map(({ call }) => call);
}

Deno.test("the sweep calls a worker for each report that waits and has none, and for nobody else", async () => {
  await reset(database);
  const [one, two] = [await payForReport(database, {}), await payForReport(database, {})];
  await database.workers`
    select public.register_worker(gen_random_uuid(), 'benchmark-worker', ${one}, 100)`;
  assert.deepEqual(await sweep(), [`benchmark-worker ${two}`]);
  await database.sql`update private.queue_settings set max_workers = 1`;
  await database.workers`
    insert into private.worker_leases (id, function_name, ends_at, expires_at, lease_seconds)
    values (gen_random_uuid(), 'benchmark-worker', now() + interval '1 minute', now() + interval '1 minute', 45)`;
  assert.deepEqual(await sweep(), [], "more workers than a lowered setting allows");
  await reset(database);
  assert.deepEqual(await sweep(), []);
});

Deno.test("the sweep calls for waiting e-mails while reports wait and are worked on", async () => {
  await reset(database);
  const report = await payForReport(database, {});
  await database.sql`insert into private.job_queue (kind) values ('report_email')`;
  assert.deepEqual(await sweep(), [`benchmark-worker ${report}`, "email-worker"]);
  await database.workers`
    select public.register_worker(gen_random_uuid(), 'benchmark-worker', ${report}, 100)`;
  assert.deepEqual(await sweep(), ["email-worker"]);
});

Deno.test("an e-mail that is given up is shown, and leaves its report as it was", async () => {
  await reset(database);
  const report = await payForReport(database, { images: 1 });
  const worker = crypto.randomUUID();
  await drain(worker);
  const before = await database.sql`select * from public.reports where id = ${report}`;
  assert.equal(before[0]?.["status"], "complete");
  const emails = createEmailSource(database.workers, {
    id: worker,
    groupId: null,
    limits: { wallClockMs: 60_000 },
  });
  for (let attempt = 1; attempt <= 8; attempt++) {
    const { jobs: [job] } = await emails.exchange([], 5, false);
    assert.equal(job?.attempt, attempt);
    const failed = {
      job_id: job.job_id,
      attempt,
      outcome: "retry",
      run_at_ms: 0,
      error_message: "500: down",
    } as const;
    assert.deepEqual((await emails.exchange([failed], 0, false)).rejected, []);
    assert.deepEqual((await emails.exchange([failed], 0, false)).rejected, [job.job_id]);
  }
  const letters = await database.workers`
    select kind, attempts::int as attempts, last_error from public.report_dead_letters`;
  assert.deepEqual([...letters], [{ kind: "report_email", attempts: 8, last_error: "500: down" }]);
  const after = await database.sql`select * from public.reports where id = ${report}`;
  assert.deepEqual([...after], [...before]);
});

Deno.test("a report that is deleted leaves no job behind", async () => {
  await reset(database);
  const report = await payForReport(database, {});
  await advance(database, crypto.randomUUID(), [], 2);
  await database.sql`delete from public.reports where id = ${report}`;
  const [left] = await database.sql`
    select (select count(*) from private.job_queue)::int as jobs,
      (select count(*) from private.job_groups)::int as groups`;
  assert.deepEqual({ ...left }, { jobs: 0, groups: 0 });
});

Deno.test("the authentication server, which reaches no table of ours, can delete a customer in the middle of a report", async () => {
  await reset(database);
  const { owner, report, session } = await orderReport(database, { models: ["test/a"], images: 4 });
  await payReport(database, report, session);
  const worker = crypto.randomUUID();
  const { jobs } = await advance(database, worker, [], 3);
  await advance(database, worker, jobs.map((job) => completed(job)), 1);
  const admin = postgres(database.adminUrl, { max: 1, onnotice: () => {} });
  try {
    await admin.begin(async (sql) => {
      await sql`set local role supabase_auth_admin`;
      await sql`delete from auth.users where id = ${owner}`;
    });
  } finally {
    await admin.end();
  }
  const [left] = await database.sql`
    select (select count(*) from public.reports)::int as reports,
      (select count(*) from public.model_figures)::int as figures,
      (select count(*) from private.job_queue)::int as jobs,
      (select count(*) from private.job_groups)::int as groups`;
  assert.deepEqual({ ...left }, { reports: 0, figures: 0, jobs: 0, groups: 0 });
});

Deno.test("a report that is deleted before it is summed up leaves nothing to sum up", async () => {
  await reset(database);
  const report = await payForReport(database, { models: ["test/a"], images: 1 });
  const worker = crypto.randomUUID();
  const { jobs } = await advance(database, worker, [], 1);
  await advance(database, worker, jobs.map((job) => completed(job)), 0);
  await database.sql`delete from public.reports where id = ${report}`;
  assert.deepEqual([...await database.sql`select kind from private.job_queue`], []);
});

for (const what of ["reports", "users"] as const) {
  Deno.test(`deleting ${what} waits for a worker in the middle of their runs, and stops none`, async () => {
    await reset(database);
    const { owner, report, session } = await orderReport(database, { images: 6 });
    await payReport(database, report, session);
    const worker = crypto.randomUUID();
    const first = await advance(database, worker, [], 6);
    const { jobs } = await advance(database, worker, first.jobs.map((job) => completed(job)), 6);
    // The deletion comes to others of these runs before this one, by the index as by their places.
    const [last] = await database.sql<[{ id: string }]>`
      select id from public.benchmark_runs where report_id = ${report} and status = 'running'
        and model_id = 'test/b' order by ctid desc limit 1`;
    let deletion: Promise<unknown> = Promise.resolve();
    await database.workers.begin(async (sql) => {
      const end = (ended: readonly LeasedJob[]) =>
        sql`select public.advance_benchmark_runs(${worker}, ${
          sql.json(ended.map((job) => ({ ...completed(job) })))
        }, 0)`;
      await end(jobs.filter((job) => job.run_id === last.id));
      deletion = what === "users"
        ? database.sql`delete from auth.users where id = ${owner}`.then(() => {})
        : database.sql`delete from public.reports where id = ${report}`.then(() => {});
      deletion.catch(() => {});
      await waitUntilBlocked("delete from %");
      await end(jobs.filter((job) => job.run_id !== last.id));
    });
    await deletion;
    const [left] = await database.sql`
      select (select count(*) from private.job_queue)::int as jobs,
        (select count(*) from public.benchmark_runs)::int as runs,
        (select count(*) from private.cost_ledger where group_id = ${report})::int as charges`;
    assert.deepEqual({ ...left }, { jobs: 0, runs: 0, charges: 12 });
  });
}

async function waitUntilBlocked(statement: string): Promise<void> {
  await waitFor(`a statement to wait for another: ${statement}`, async () => {
    const [found] = await database.sql`
      select from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and query like ${statement}`;
    return found !== undefined || undefined;
  });
}
