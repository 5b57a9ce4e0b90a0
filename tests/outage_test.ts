/** Providers that are down, and accounts that they refuse: what becomes of reports on a real queue. */
import assert from "node:assert/strict";
import {
  advance,
  completed,
  type JobResult,
  type LeasedJob,
  orderReport,
  payForReport,
  PRICE,
  startTestDatabase,
} from "../scripts/testing/database.ts";
import { reportProgressSchema } from "../supabase/functions/_shared/report/report_view.ts";

const database = await startTestDatabase();
Deno.test.afterAll(async () => await database[Symbol.asyncDispose]());
const { sql, workers } = database;

async function reset(): Promise<void> {
  await sql`truncate public.reports, private.job_queue, private.job_groups, private.job_lanes,
    private.cost_ledger, private.provider_circuits, private.operator_notices, private.worker_leases
    cascade`;
  await sql`delete from net.http_request_queue`;
}

type Failure = "network" | "server" | "timeout";

/** A try that failed and may have been billed, as workers report it. */
function lost(job: LeasedJob, failure: Failure, change: Partial<JobResult> = {}): JobResult {
  const { job_id, attempt } = job;
  const result = { job_id, attempt, outcome: "retry", charge: "unknown", error_message: failure };
  return Object.assign(result, { failure, run_at_ms: 0 }, change);
}

/** A probe that was not sent, for its provider did not answer the free request before it. */
function unreached({ job_id, attempt }: LeasedJob): JobResult {
  const result = { job_id, attempt, outcome: "release", error_message: "no connection" };
  return Object.assign(result, { failure: "network" });
}

function refused(job: LeasedJob, change: object = {}): JobResult {
  const { job_id, attempt } = job;
  const result = { job_id, attempt, outcome: "fatal", charge: "none", error_message: "402" };
  return Object.assign(result, { error_kind: "no_access" }, change);
}

async function circuits() {
  return await sql<
    { provider: string; lane: string; is_open: boolean; pauses: number; pause_s: number }[]
  >`select provider, lane, is_open, pauses,
      greatest(0, round(extract(epoch from paused_until - now())))::int as pause_s
    from private.provider_circuits order by provider, lane`;
}

/** Lets the pauses pass, as if so much time had gone by. */
async function letPass(interval: string): Promise<void> {
  await sql`update private.provider_circuits set paused_until = paused_until - ${interval}::interval,
    failed_at = failed_at - ${interval}::interval, since = since - ${interval}::interval`;
  await sql`update private.job_groups set created_at = created_at - ${interval}::interval`;
}

/** Sweeps the queue. Returns the workers that it starts, except for e-mails. */
async function sweep(): Promise<string[]> {
  await sql`delete from net.http_request_queue`;
  await sql`select private.sweep_queue()`;
  const calls = await sql<{ url: string }[]>`select url from net.http_request_queue order by id`;
  return calls.map(({ url }) => url.split("/").at(-1) ?? "")
    .filter((name) => name !== "email-worker");
}

async function runs(report: string) {
  return await sql`select model_id, status, error_kind, count(*)::int as runs
    from public.benchmark_runs where report_id = ${report} group by 1, 2, 3 order by 1, 2, 3`
    .then((rows) => rows.map((row) => ({ ...row })));
}

async function writtenOff(report: string): Promise<number> {
  const [row] = await sql<[{ calls: number }]>`select count(*)::int as calls
    from private.cost_ledger where group_id = ${report} and state = 'written_off'`;
  return row.calls;
}

const claim = (worker: string, want = 10) => advance(database, worker, [], want);
const tell = (worker: string, results: JobResult[], want = 10) =>
  advance(database, worker, results, want);

Deno.test("connections that break cost no more than the calls in flight, and no try of any job", async () => {
  await reset();
  const report = await payForReport(database, { models: ["m/a", "m/b", "m/c"], images: 10 });
  const worker = crypto.randomUUID();
  const { jobs } = await claim(worker);
  assert.equal(jobs.length, 9);
  // They come back one by one, and each asks for what takes its place.
  for (const job of jobs) assert.deepEqual((await tell(worker, [lost(job, "network")])).jobs, []);
  assert.equal(await writtenOff(report), 9);
  assert.equal((await claim(crypto.randomUUID())).jobs.length, 0, "another worker waits too");
  const [{ counted }] = await sql<[{ counted: number }]>`
    select max(attempts - releases)::int as counted from private.job_queue`;
  assert.equal(counted, 1, "only what failed before the outage was seen counts");
  await letPass("1 second");
  const { jobs: [probe, ...others] } = await claim(worker);
  assert.ok(probe);
  assert.deepEqual(others, [], "one call finds out whether it is over");
  assert.equal((await claim(crypto.randomUUID())).jobs.length, 0);
  assert.equal((await tell(worker, [completed(probe)])).jobs.length, 9, "and then all go on");
  assert.equal((await circuits()).length, 0);
});

Deno.test("what was answered to calls from before an outage does not end its pause", async () => {
  await reset();
  await payForReport(database, { models: ["m/a", "m/b"], images: 40 });
  const worker = crypto.randomUUID();
  const { jobs: [straggler, ...others] } = await claim(worker);
  assert.ok(straggler);
  await tell(worker, others.map((job) => lost(job, "network")), 0);
  const late = Object.assign(completed(straggler), { response_time_ms: 60_000 });
  assert.deepEqual((await tell(worker, [late])).jobs, []);
  assert.deepEqual((await circuits()).map(({ pause_s }) => pause_s), [1]);
});

const before = (job: LeasedJob) => Object.assign(completed(job), { response_time_ms: 60_000 });

Deno.test("one broken connection stops new calls for a second, and the first answer after it lets all go on", async () => {
  await reset();
  const report = await payForReport(database, { models: ["m/a", "m/b", "m/c"], images: 10 });
  const worker = crypto.randomUUID();
  const { jobs: [broken, early, ...others] } = await claim(worker);
  assert.ok(broken && early);
  assert.deepEqual((await tell(worker, [lost(broken, "network"), before(early)])).jobs, []);
  assert.deepEqual((await circuits()).map(({ is_open, pause_s }) => [is_open, pause_s]), [[
    true,
    1,
  ]]);
  await letPass("1 second");
  const { jobs: [probe, ...more] } = await claim(worker);
  assert.equal(probe?.is_probe, true, "calls from before need not have ended");
  assert.deepEqual(more, []);
  const { jobs: next } = await tell(worker, [completed(probe), ...others.map(before)]);
  assert.equal(next.length, 9);
  assert.ok(next.every(({ is_probe }) => !is_probe));
  assert.equal(await writtenOff(report), 1);
});

Deno.test("a provider that cannot be reached is paused longer, and costs neither money nor an attempt", async () => {
  await reset();
  const report = await payForReport(database, { models: ["m/a", "m/b"], images: 10 });
  const worker = crypto.randomUUID();
  const { jobs } = await claim(worker);
  await tell(worker, jobs.map((job) => lost(job, "network")), 0);
  const lostCalls = await writtenOff(report);
  const pauses: (number | undefined)[] = [];
  for (let probe = 0; probe < 7; probe++) {
    await letPass("60 seconds");
    const { jobs: [job, ...others] } = await claim(worker);
    assert.ok(job?.is_probe);
    assert.deepEqual(others, []);
    assert.deepEqual((await tell(worker, [unreached(job)])).jobs, []);
    pauses.push((await circuits())[0]?.pause_s);
  }
  assert.deepEqual(pauses, [2, 4, 8, 16, 32, 60, 60]);
  assert.equal(await writtenOff(report), lostCalls);
  const [group] = await sql`select reserved_usd::float8 as reserved, waiting, open_jobs
    from private.job_groups where id = ${report}`;
  assert.deepEqual({ ...group }, { reserved: 0, waiting: 20, open_jobs: 20 });
  const [attempts] = await sql<[{ most: number; sum: number }]>`
    select max(attempts) as most, sum(attempts)::int as sum from public.benchmark_runs`;
  assert.deepEqual({ ...attempts }, { most: 1, sum: jobs.length });
  await letPass("60 seconds");
  const { jobs: [last] } = await claim(worker);
  assert.ok(last);
  assert.equal((await tell(worker, [completed(last)])).jobs.length, 6);
});

Deno.test("after an error that may have been billed no place is filled before a later call is answered", async () => {
  await reset();
  await payForReport(database, { models: ["m/a", "m/b"], images: 10 });
  const worker = crypto.randomUUID();
  const { jobs: [failed, early] } = await claim(worker);
  assert.ok(failed && early);
  const { jobs: [probe, ...others] } = await tell(worker, [lost(failed, "server"), before(early)]);
  assert.deepEqual(
    [probe?.model_id, probe?.is_probe],
    ["m/b", true],
    "the model that failed pauses",
  );
  assert.deepEqual(others, []);
  assert.ok(probe);
  assert.ok((await tell(worker, [completed(probe)])).jobs.length > 0);
  assert.deepEqual((await circuits()).map(({ lane }) => lane), ["m/a"]);
});

Deno.test("pauses double up to a minute, and calls that were under way do not lengthen them", async () => {
  await reset();
  await payForReport(database, { models: ["m/a", "m/b"], images: 40 });
  const worker = crypto.randomUUID();
  const { jobs } = await claim(worker);
  await tell(worker, jobs.map((job) => lost(job, "network")), 0);
  assert.deepEqual((await circuits()).map(({ pause_s }) => pause_s), [1]);
  const pauses: (number | undefined)[] = [];
  for (let probe = 0; probe < 8; probe++) {
    await letPass("60 seconds");
    const { jobs: [job] } = await claim(worker);
    assert.ok(job);
    await tell(worker, [lost(job, "network")], 0);
    pauses.push((await circuits())[0]?.pause_s);
  }
  assert.deepEqual(pauses, [2, 4, 8, 16, 32, 60, 60, 60]);
  const [row] = await sql<[{ counted: number }]>`
    select max(attempts - releases)::int as counted from private.job_queue`;
  assert.equal(row.counted, 0, "whatever was lost in the outage may be tried as often as before");
});

Deno.test("a model that its upstream does not serve pauses alone, two that nobody serves pause their provider", async () => {
  await reset();
  await payForReport(database, { models: ["m/a", "m/b", "m/c"], images: 20 });
  const worker = crypto.randomUUID();
  const first = (await claim(worker)).jobs;
  const of = (jobs: readonly LeasedJob[], model: string) =>
    jobs.filter(({ model_id }) => model_id === model);
  await tell(worker, of(first, "m/a").map((job) => lost(job, "server")), 0);
  const others = await claim(worker);
  assert.deepEqual(of(others.jobs, "m/a"), []);
  const healthy = [...of(first, "m/b"), ...of(first, "m/c")];
  const next = (await tell(worker, healthy.map((job) => completed(job)))).jobs;
  assert.deepEqual([of(next, "m/b").length, of(next, "m/c").length], [3, 3]);
  assert.deepEqual((await circuits()).map(({ lane, is_open }) => [lane, is_open]), [["m/a", true]]);
  const [b] = of(next, "m/b");
  const [c] = of(next, "m/c");
  assert.ok(b && c);
  await tell(worker, [lost(b, "server"), lost(c, "server")], 0);
  const whole = (await circuits()).find(({ lane }) => lane === "");
  assert.equal(whole?.is_open, true);
  await tell(worker, of(next, "m/b").slice(1).map((job) => completed(job)), 0);
  assert.deepEqual(
    (await circuits()).map(({ lane }) => lane),
    ["m/a", "m/c"],
    "one answer is proof",
  );
});

Deno.test("a model's own timeouts count as tries, those of a whole provider do not", async () => {
  for (const models of [["m/a"], ["m/a", "m/b"]]) {
    await reset();
    await payForReport(database, { models, images: 6 });
    const worker = crypto.randomUUID();
    const { jobs } = await claim(worker);
    await tell(worker, jobs.map((job) => lost(job, "timeout")), 0);
    const [row] = await sql<[{ counted: number }]>`
      select max(attempts - releases)::int as counted from private.job_queue`;
    assert.equal(row.counted, models.length === 1 ? 1 : 0, models.join());
  }
});

Deno.test("of two reports on a model that fails one makes the call that tries it again", async () => {
  await reset();
  for (let report = 0; report < 2; report++) {
    await payForReport(database, { models: ["m/a", `m/other${report}`], images: 10 });
  }
  const [one, two] = [crypto.randomUUID(), crypto.randomUUID()];
  const { jobs } = await claim(one, 20);
  const failing = jobs.filter(({ model_id }) => model_id === "m/a");
  assert.equal(failing.length, 6);
  const answered = jobs.filter(({ model_id }) => model_id !== "m/a").map((job) => completed(job));
  await tell(one, [...failing.map((job) => lost(job, "server")), ...answered], 0);
  await letPass("1 second");
  const replies = await Promise.all([claim(one), claim(two)]);
  const claimed = replies.flatMap((reply) => reply.jobs);
  assert.equal(claimed.filter(({ model_id }) => model_id === "m/a").length, 1);
  assert.ok(claimed.length > 6, "the other models go on");
});

Deno.test("a refused account parks its provider, and the report goes on with the others", async () => {
  await reset();
  const report = await payForReport(database, { models: ["m/a"], images: 3 });
  await sql`update private.job_lanes set provider = 'groq'`;
  await sql`update private.job_queue set provider = 'groq'`;
  const other = await payForReport(database, { models: ["m/b"], images: 3 });
  const worker = crypto.randomUUID();
  const { jobs } = await claim(worker);
  const results = jobs.map((job) => job.report_id === report ? refused(job) : completed(job));
  const { jobs: next, next_run_at_ms } = await tell(worker, results);
  assert.deepEqual(next.map(({ kind, report_id }) => [kind, report_id]), [
    ["report_finalization", other],
  ]);
  assert.ok((next_run_at_ms ?? 0) > 55_000, "no worker stays for it");
  assert.deepEqual(await runs(report), [
    { model_id: "m/a", status: "queued", error_kind: "no_access", runs: 3 },
  ]);
  assert.equal(await writtenOff(report), 0);
  const [{ progress }] = await workers<[{ progress: unknown }]>`
    select private.read_progress(${report}) as progress`;
  const [wait, ...others] = reportProgressSchema.parse(progress).waiting_for;
  assert.deepEqual([wait?.provider, others], ["groq", []]);
  assert.ok(Date.parse(wait?.next_try_at ?? "") > Date.parse(wait?.since ?? ""));
  await sql`delete from private.job_queue where kind = 'report_finalization'`;
  assert.deepEqual(await sweep(), [], "and none is started");
  const [parked] = await workers`select provider, state, reason, groups_waiting, jobs_waiting,
    round(extract(epoch from next_try_at - since))::int as next_try_s,
    round(extract(epoch from until - since) / 3600)::int as hours from public.report_parked`;
  assert.deepEqual({ ...parked }, {
    provider: "groq",
    state: "parked",
    reason: "402",
    groups_waiting: 1,
    jobs_waiting: 3,
    next_try_s: 60,
    hours: 24,
  });
});

Deno.test("a parked provider is tried at the operator's word, one call first", async () => {
  await reset();
  await payForReport(database, { models: ["m/a"], images: 3 });
  const worker = crypto.randomUUID();
  const { jobs } = await claim(worker);
  await tell(worker, jobs.map((job) => refused(job)), 0);
  await letPass("1 minute");
  const { jobs: [again] } = await claim(worker);
  assert.ok(again);
  await tell(worker, [refused(again)], 0);
  assert.deepEqual((await circuits()).map(({ pause_s }) => pause_s), [120]);
  assert.equal((await claim(worker)).jobs.length, 0);
  const [{ waiting }] = await workers<[{ waiting: number }]>`
    select public.resume_provider('openrouter') as waiting`;
  assert.equal(waiting, 3);
  assert.deepEqual(await sweep(), ["benchmark-worker"]);
  const { jobs: [probe, ...rest] } = await claim(worker);
  assert.ok(probe);
  assert.equal(rest.length, 0);
  assert.equal((await tell(worker, [completed(probe)])).jobs.length, 2);
});

Deno.test("a provider that says when its limit is over is tried then", async () => {
  await reset();
  await payForReport(database, { models: ["m/a"], images: 3 });
  const worker = crypto.randomUUID();
  const { jobs } = await claim(worker);
  const retry_at_ms = Date.now() + 3_600_000;
  await tell(worker, jobs.map((job) => refused(job, { retry_at_ms })), 0);
  const [circuit] = await circuits();
  assert.ok(circuit !== undefined && Math.abs(circuit.pause_s - 3600) < 60, `${circuit?.pause_s}`);
});

for (
  const [what, fail, kind, interval] of [
    ["a day", refused, "no_access", "24 hours"],
    ["half an hour", (job: LeasedJob) => lost(job, "network"), "outage", "30 minutes"],
  ] as const
) {
  Deno.test(`after ${what} what still waits ends as ${kind}, without a score, and its report with it`, async () => {
    await reset();
    const report = await payForReport(database, { models: ["m/a"], images: 5 });
    const worker = crypto.randomUUID();
    const { jobs } = await claim(worker);
    await tell(worker, jobs.map((job) => fail(job)), 0);
    await sweep();
    assert.equal((await runs(report))[0]?.["status"], "queued");
    await letPass(interval);
    await sweep();
    assert.deepEqual(await runs(report), [
      { model_id: "m/a", status: "failed", error_kind: kind, runs: 5 },
    ]);
    const { jobs: [end] } = await claim(worker);
    assert.equal(end?.kind, "report_finalization");
    const [group] = await sql`select waiting, open_jobs, reserved_usd::float8 as reserved
      from private.job_groups where id = ${report}`;
    assert.deepEqual({ ...group }, { waiting: 0, open_jobs: 0, reserved: 0 });
  });
}

async function progressOf(report: string) {
  const [{ progress }] = await workers<[{ progress: unknown }]>`
    select private.read_progress(${report}) as progress`;
  return reportProgressSchema.parse(progress);
}

/** Returns the payloads of the e-mails and refunds that wait. */
async function letters() {
  const rows = await sql<{ payload: unknown }[]>`select payload - 'payment_intent' as payload
    from private.job_queue where kind in ('report_email', 'report_refund') order by id`;
  return rows.map(({ payload }) => payload);
}

/** Has every call of a report refused for a day, so that it fails. */
async function failReport(report: string): Promise<void> {
  const worker = crypto.randomUUID();
  const { jobs } = await claim(worker);
  await tell(worker, jobs.map((job) => refused(job)), 0);
  await letPass("24 hours");
  await sweep();
  const { jobs: [end] } = await claim(worker);
  assert.deepEqual([end?.kind, end?.report_id], ["report_finalization", report]);
  const [{ done }] = await workers<[{ done: boolean }]>`
    select public.finalize_report(${worker}, ${end?.job_id ?? 0}, ${end?.attempt ?? 0}, 'failed',
      null, null, '{}', 'No call was answered.') as done`;
  assert.ok(done);
}

async function statusOf(report: string): Promise<string> {
  const [row] = await sql<[{ status: string }]>`
    select status from public.reports where id = ${report}`;
  return row.status;
}

Deno.test("the operator is told once of an account that is refused, however many calls and reports it stops", async () => {
  await reset();
  for (let report = 0; report < 3; report++) await payForReport(database, { models: ["m/a"] });
  const worker = crypto.randomUUID();
  const { jobs } = await claim(worker);
  await tell(worker, jobs.map((job) => refused(job)), 0);
  for (const minutes of ["1 minute", "2 minutes"]) {
    await letPass(minutes);
    const { jobs: [probe] } = await claim(worker);
    assert.ok(probe);
    await tell(worker, [refused(probe)], 0);
  }
  const told = { provider: "openrouter", notice: "parked" };
  assert.deepEqual(await letters(), [told]);
  // It has gone out, and the account is refused again after one answer.
  await sql`delete from private.job_queue where kind = 'report_email'`;
  await workers`select public.resume_provider('openrouter')`;
  const { jobs: [probe] } = await claim(worker);
  assert.ok(probe);
  const { jobs: [next] } = await tell(worker, [completed(probe)], 1);
  assert.ok(next);
  await tell(worker, [refused(next)], 0);
  assert.deepEqual(await letters(), []);
  const [{ parked }] = await workers<[{ parked: { reports: number; reason: string } }]>`
    select public.load_parked('openrouter') as parked`;
  assert.deepEqual([parked.reports, parked.reason], [3, "402"]);
});

Deno.test("a report is paused while all that is left waits for a refused account, and then goes on", async () => {
  await reset();
  const report = await payForReport(database, { models: ["m/a", "m/b"], images: 3 });
  await sql`update private.job_lanes set provider = 'groq' where lane = 'm/b'`;
  await sql`update private.job_queue set provider = 'groq' where lane = 'm/b'`;
  const worker = crypto.randomUUID();
  const { jobs } = await claim(worker);
  const of = (model: string) => jobs.filter(({ model_id }) => model_id === model);
  await tell(worker, of("m/a").map((job) => refused(job)), 0);
  assert.equal((await progressOf(report)).paused_since, null, "the other provider answers");
  await tell(worker, of("m/b").map((job) => completed(job)), 0);
  assert.notEqual((await progressOf(report)).paused_since, null);
  const [{ view }] = await workers<[{ view: { report: { paused_since: string | null } } }]>`
    select private.read_shared_report(${report}, false, false) as view`;
  assert.notEqual(view.report.paused_since, null);
  const [{ waiting }] = await workers<[{ waiting: number }]>`
    select public.resume_report(${report}) as waiting`;
  assert.equal(waiting, 3);
  const { jobs: [probe, ...others] } = await claim(worker);
  assert.ok(probe);
  assert.deepEqual(others, []);
  assert.equal((await tell(worker, [completed(probe)])).jobs.length, 2);
  assert.equal((await progressOf(report)).paused_since, null);
});

Deno.test("a failed report's money is asked back and its customer told once, in the transaction that fails it", async () => {
  for (const isAutomatic of [true, false]) {
    await reset();
    await sql`update private.billing_settings set auto_refund = ${isAutomatic}`;
    const report = await payForReport(database, { models: ["m/a"], images: 2 });
    await failReport(report);
    assert.equal(await statusOf(report), "failed");
    const told = await letters();
    assert.deepEqual(told.slice(0, 1), [{ provider: "openrouter", notice: "parked" }]);
    assert.deepEqual(told.slice(1), [
      ...isAutomatic ? [{ report_id: report }] : [],
      { report_id: report, notice: "failed" },
    ]);
    const [{ owes }] = await workers<[{ owes: boolean }]>`
      select public.is_refund_owed(${report}) as owes`;
    assert.equal(owes, isAutomatic);
    const [owed] = await workers`
      select state, owed_amount::int as owed, currency from public.report_refunds`;
    assert.deepEqual({ ...owed }, {
      state: isAutomatic ? "waiting" : "by hand",
      owed: PRICE.amount,
      currency: PRICE.currency,
    });
  }
  await sql`update private.billing_settings set auto_refund = true`;
});

Deno.test("the operator runs a failed report again before its refund has begun, with the answers it has", async () => {
  await reset();
  const report = await payForReport(database, { models: ["m/a", "m/b"], images: 2 });
  const worker = crypto.randomUUID();
  const { jobs: [answered] } = await claim(worker, 1);
  assert.ok(answered);
  await tell(worker, [completed(answered)], 0);
  await failReport(report);
  const retry = async () => {
    const [{ calls }] = await workers<[{ calls: number }]>`
      select public.retry_report(${report}) as calls`;
    return calls;
  };
  assert.equal(await retry(), 3);
  assert.equal(await statusOf(report), "running");
  assert.deepEqual(await letters(), [{ provider: "openrouter", notice: "parked" }]);
  await assert.rejects(retry(), /only a failed report/);
  await workers`select public.resume_provider('openrouter')`;
  const { jobs: [probe] } = await claim(worker);
  assert.ok(probe);
  const { jobs: rest } = await tell(worker, [completed(probe)]);
  const { jobs: [end] } = await tell(worker, rest.map((job) => completed(job)));
  assert.equal(end?.kind, "report_finalization");
  await workers`select public.finalize_report(${worker}, ${end.job_id}, ${end.attempt}, 'complete',
    'm/a', 'Because.', '{}', null)`;
  assert.equal(await statusOf(report), "complete");
  assert.deepEqual((await letters()).slice(1), [{ report_id: report, notice: "ready" }]);
});

Deno.test("a failed report whose refund a worker has begun cannot be run again", async () => {
  await reset();
  const report = await payForReport(database, { models: ["m/a"], images: 1 });
  await failReport(report);
  const worker = crypto.randomUUID();
  const exchange = async (results: readonly object[], want: number) => {
    const [{ reply }] = await workers<[{ reply: { jobs: { job_id: number; attempt: number }[] } }]>`
      select public.advance_jobs(${worker}, array['report_refund'],
        ${workers.json(results.map((result) => ({ ...result })))}, ${want}) as reply`;
    return reply.jobs;
  };
  const [refund] = await exchange([], 1);
  assert.ok(refund);
  const retry = () => workers`select public.retry_report(${report})`;
  await assert.rejects(retry(), /is being refunded/);
  await exchange([{ ...refund, outcome: "complete", charge: "none" }], 0);
  await assert.rejects(retry(), /is being refunded/);
  const [owed] = await workers`select state from public.report_refunds`;
  assert.deepEqual({ ...owed }, { state: "sent" });
});

Deno.test("a refund that Stripe refuses to the last is told to the operator, and the report can be run again", async () => {
  await reset();
  const report = await payForReport(database, { models: ["m/a"], images: 1 });
  await failReport(report);
  await sql`update private.job_kinds set max_attempts = 1 where kind = 'report_refund'`;
  const worker = crypto.randomUUID();
  const exchange = async (results: string, want: number) => {
    const [{ reply }] = await workers<[{ reply: { jobs: { job_id: number; attempt: number }[] } }]>`
      select public.advance_jobs(${worker}, array['report_refund'], ${results}::text::jsonb, ${want})
        as reply`;
    return reply.jobs[0];
  };
  const refund = await exchange("[]", 1);
  const refusal = {
    ...refund,
    outcome: "retry",
    charge: "none",
    run_at_ms: 0,
    error_message: "no",
  };
  await exchange(JSON.stringify([refusal]), 0);
  await sql`update private.job_kinds set max_attempts = 8 where kind = 'report_refund'`;
  assert.deepEqual((await letters()).at(-1), { report_id: report, notice: "refund_failed" });
  const [owed] = await workers`select state, last_error from public.report_refunds`;
  assert.deepEqual({ ...owed }, { state: "refused", last_error: "no" });
  await workers`select public.retry_report(${report})`;
  assert.equal(await statusOf(report), "running");
});

Deno.test("a failed report that a credit paid for returns the credit and asks Stripe for nothing", async () => {
  await reset();
  const { owner, report } = await orderReport(database, { models: ["m/a"], images: 1 });
  await sql`insert into public.credit_entries (owner_id, change, reason) values (${owner}, 1, 'granted')`;
  const credits = async () => {
    const [row] = await workers<[{ left: number }]>`
      select private.count_credits(${owner}) as left`;
    return row.left;
  };
  await workers`select private.spend_credit(${report})`;
  assert.deepEqual([await statusOf(report), await credits()], ["paid", 0]);
  await failReport(report);
  assert.equal(await credits(), 1);
  assert.deepEqual(await workers`select from public.report_refunds`.then((rows) => rows.length), 0);
  await workers`select public.retry_report(${report})`;
  assert.equal(await credits(), 0, "running it again takes the credit back");
});

Deno.test("a report that is paid during an outage has its whole patience", async () => {
  await reset();
  await payForReport(database, { models: ["m/a"], images: 3 });
  const worker = crypto.randomUUID();
  const { jobs } = await claim(worker);
  await tell(worker, jobs.map((job) => lost(job, "network")), 0);
  await letPass("29 minutes");
  const late = await payForReport(database, { models: ["m/a"], images: 3 });
  await letPass("2 minutes");
  await sweep();
  assert.deepEqual(await runs(late), [
    { model_id: "m/a", status: "queued", error_kind: null, runs: 3 },
  ]);
});

Deno.test("a report that only waits for its provider takes no place from others", async () => {
  await reset();
  await payForReport(database, { models: ["m/a"], images: 3 });
  await sql`update private.job_lanes set provider = 'groq'`;
  await sql`update private.job_queue set provider = 'groq'`;
  const worker = crypto.randomUUID();
  const { jobs } = await claim(worker);
  await tell(worker, jobs.map((job) => refused(job)), 0);
  await payForReport(database, { models: ["m/b", "m/c"], images: 40 });
  const [{ reply }] = await workers<[{ reply: { jobs: unknown[]; prefetched: unknown[] } }]>`
    select public.advance_benchmark_runs(${worker}, '[]', 10, null, true) as reply`;
  assert.deepEqual([reply.jobs.length, reply.prefetched.length], [6, 6]);
});

Deno.test("a lease says which try of how many it is, and what was given back does not count", async () => {
  await reset();
  await payForReport(database, { models: ["m/a"], images: 1 });
  const worker = crypto.randomUUID();
  for (let turn = 0; turn < 2; turn++) {
    const { jobs: [job] } = await claim(worker, 1);
    assert.ok(job);
    await tell(worker, [{ job_id: job.job_id, attempt: job.attempt, outcome: "release" }], 0);
  }
  const { jobs: [job] } = await claim(worker, 1);
  assert.deepEqual(
    [job?.attempt, job?.tries, job?.max_tries, job?.max_costly_tries],
    [3, 1, 8, 3],
  );
});

Deno.test("a probe whose worker dies is followed by another", async () => {
  await reset();
  await payForReport(database, { models: ["m/a", "m/b"], images: 9 });
  const worker = crypto.randomUUID();
  const { jobs } = await claim(worker);
  await tell(worker, jobs.map((job) => lost(job, "network")), 0);
  await letPass("1 second");
  assert.equal((await claim(worker)).jobs.length, 1);
  await sql`update private.job_queue set lease_expires_at = now() - interval '1 second'
    where lease_owner = ${worker}`;
  await sweep();
  assert.equal((await claim(crypto.randomUUID())).jobs.length, 1);
});
