import assert from "node:assert/strict";
import { z } from "zod";
import { TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";

const statsSchema = z.object({ calls: z.number() });

Deno.test("a chain of short-lived workers ends a report that none of them could end alone", async () => {
  await using test = await TestStack.start({
    env: { WORKER_WALL_CLOCK_SECONDS: "10", PROVIDER_TIMEOUT_SECONDS: "5" },
    wallClockSeconds: 40,
  });
  // Much work of short calls: one that is claimed last has ten times the time it takes.
  await test.behave({ medianMs: 250 });
  await test.allowCalls(1);
  await test.sql`select cron.alter_job(jobid, schedule => '* * * * *') from cron.job
    where jobname = 'sweep-queue'`;
  const id = await test.order(await test.customer(), {
    models: ["openai/gpt-6-luna"],
    images: 6,
    runsPerModel: 10,
  });
  await test.ended(id);
  assert.deepEqual(await test.runs(id), { complete: 60 });
  const [workers] = await test.sql`
    select sum(invocations)::int as started,
      (select count(*)::int from cron.job_run_details join cron.job using (jobid)
        where jobname = 'sweep-queue' and start_time >= r.paid_at) as swept
    from public.reports r join private.worker_chains on group_id = r.id
    where r.id = ${id} group by r.id`;
  assert.ok(workers?.["started"] >= 3, `${workers?.["started"]} workers`);
  // The payment starts one, a sweep one at most: the others were called by those before them.
  assert.ok(workers?.["started"] > 1 + workers?.["swept"], JSON.stringify(workers));
  const [calls] = await test.sql`
    select max(attempts) as most from public.benchmark_runs where report_id = ${id}`;
  assert.equal(calls?.most, 1, "no run was given up and done again");
});

Deno.test("workers with little CPU time end a report one after another, and no call is lost or made twice", async () => {
  // A worker may use a quarter of it at least: about 15 runs.
  await using test = await TestStack.start({ env: { WORKER_CPU_MS: "100" } });
  await test.sql`select cron.alter_job(jobid, schedule => '* * * * *') from cron.job
    where jobname = 'sweep-queue'`;
  const id = await test.order(await test.customer(), { images: 6, runsPerModel: 10 });
  assert.equal((await test.ended(id)).status, "complete");
  assert.deepEqual(await test.runs(id), { complete: 120 });
  const [chain] = await test.sql`
    select sum(invocations)::int as started from private.worker_chains where group_id = ${id}`;
  assert.ok(chain?.["started"] >= 4, `${chain?.["started"]} workers`);
  const [ledger] = await test.sql`
    select count(*) filter (where state = 'settled')::int as settled,
      count(*) filter (where state = 'written_off')::int as lost
    from private.cost_ledger where group_id = ${id}`;
  assert.deepEqual({ ...ledger }, { settled: 120, lost: 0 });
  const { calls } = statsSchema.parse(await test.inspect("openrouter", "stats"));
  assert.equal(calls, 120);
});

Deno.test("when the call that starts the worker is lost, pg_cron's sweep revives the queue", async () => {
  await using test = await TestStack.start();
  const callAt = (url: string) =>
    test.sql`select vault.update_secret(id, ${url}) from vault.secrets where name = 'project_url'`;
  await callAt("http://127.0.0.1:1");
  const id = await test.order(await test.customer(), { images: 1, runsPerModel: 1 });
  await waitFor("the call to fail", async () => {
    const failed = await test.sql`select id from net._http_response where error_msg is not null`;
    return failed.length > 0;
  });
  await callAt(test.stack.apiUrl);
  assert.equal((await test.report(id)).status, "paid");
  await test.sweepEachSecond();
  assert.equal((await test.ended(id)).status, "complete");
});

Deno.test("when half of the calls from the database are lost and half are repeated, reports end all the same", async () => {
  await using test = await TestStack.start({
    env: { WORKER_WALL_CLOCK_SECONDS: "10", PROVIDER_TIMEOUT_SECONDS: "5" },
    netFaults: { loseShare: 0.5, repeatShare: 0.5 },
  });
  await test.behave({ medianMs: 300 });
  const customer = await test.customer();
  const ids = [
    await test.order(customer, { images: 2, runsPerModel: 5 }),
    await test.order(customer, { images: 2, runsPerModel: 5 }),
  ];
  await test.sweepEachSecond();
  for (const id of ids) {
    assert.equal((await test.ended(id)).status, "complete");
    assert.deepEqual(await test.runs(id), { complete: 20 });
  }
  const repeated = await test.sql`
    select id from public.benchmark_runs where attempts > 1`;
  assert.equal(repeated.length, 0, "a repeated call starts no second run");
});
