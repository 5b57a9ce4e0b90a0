import assert from "node:assert/strict";
import { Cron } from "croner";
import { loginDbUrl } from "./config.ts";
import { waitUntil } from "./processes.ts";
import { readSchedule, startCron } from "./pg_cron_worker.ts";
import { startTestDatabase, type TestDatabase } from "./testing.ts";

const noLog = () => {};

async function startDatabaseWithCron(): Promise<TestDatabase> {
  const database = await startTestDatabase();
  await database.sql`create extension pg_cron with schema pg_catalog`;
  return database;
}

function startTestCron({ adminDbUrl, config }: TestDatabase) {
  return startCron(adminDbUrl, (username) => loginDbUrl(config, username), noLog);
}

async function until(isDone: () => boolean | Promise<boolean>): Promise<void> {
  assert.ok(await waitUntil(isDone, 60_000), "not in time");
}

Deno.test("readSchedule() accepts the schedules of pg_cron", () => {
  assert.deepEqual(readSchedule("30 seconds"), { pattern: "* * * * * *", interval: 30 });
  assert.deepEqual(readSchedule("1 second"), { pattern: "* * * * * *", interval: 1 });
  assert.deepEqual(readSchedule("*/5 * * * *"), { pattern: "*/5 * * * *" });
  assert.deepEqual(readSchedule("0 0 $ * *"), { pattern: "0 0 L * *" });
  assert.deepEqual(readSchedule("@hourly"), { pattern: "@hourly" });
});

Deno.test("a job scheduled while the worker runs is run as its user and recorded", async () => {
  await using database = await startDatabaseWithCron();
  const { sql } = database;
  await sql`create table ticks (at timestamptz default clock_timestamp(), who text)`;
  const cron = await startTestCron(database);
  try {
    await sql`
      select cron.schedule('tick', '1 second', 'insert into ticks (who) values (session_user)')`;
    await until(async () => (await sql`select from ticks`).length >= 2);
    assert.equal((await sql`select distinct who from ticks`)[0]?.who, "postgres");
    await until(async () =>
      (await sql`select from cron.job_run_details where status = 'succeeded'`).length >= 2
    );
    const [run] = await sql`select * from cron.job_run_details order by runid limit 1`;
    assert.equal(run?.status, "succeeded");
    assert.equal(run?.return_message, "INSERT 1");
    assert.ok(run?.end_time >= run?.start_time);

    await sql`select cron.unschedule('tick')`;
    assert.equal((await sql`select from cron.job`).length, 0);
  } finally {
    await cron.stop();
  }
});

Deno.test("a job that fails is recorded with its error", async () => {
  await using database = await startDatabaseWithCron();
  const { sql } = database;
  await sql`select cron.schedule('broken', '1 second', 'select 1 / 0')`;
  const cron = await startTestCron(database);
  try {
    const read = () => sql`select return_message from cron.job_run_details where status = 'failed'`;
    await until(async () => (await read()).length > 0);
    assert.equal((await read())[0]?.return_message, "ERROR:  division by zero");
  } finally {
    await cron.stop();
  }
});

Deno.test("a run that takes longer than its interval does not overlap with the next", async () => {
  await using database = await startDatabaseWithCron();
  const { sql } = database;
  await sql`select cron.schedule('slow', '1 second', 'select pg_sleep(1.5)')`;
  const cron = await startTestCron(database);
  try {
    await until(async () =>
      (await sql`select from cron.job_run_details where end_time is not null`).length >= 2
    );
    const overlapping = await sql`
      select from cron.job_run_details a join cron.job_run_details b on a.runid < b.runid
      where b.start_time < a.end_time`;
    assert.equal(overlapping.length, 0);
  } finally {
    await cron.stop();
  }
});

Deno.test("a run that a crash cut short is recorded as failed at the next start", async () => {
  await using database = await startDatabaseWithCron();
  const { sql, admin } = database;
  await admin`insert into cron.job_run_details (jobid, username, status)
    values (1, 'postgres', 'running')`;
  const cron = await startTestCron(database);
  await cron.stop();
  const [run] = await sql`select status, return_message from cron.job_run_details`;
  assert.deepEqual({ ...run }, { status: "failed", return_message: "server restarted" });
});

Deno.test("the same name overwrites a job, and alter_job changes one", async () => {
  await using database = await startDatabaseWithCron();
  const { sql } = database;
  const [first] = await sql`select cron.schedule('job', '* * * * *', 'select 1') as id`;
  const [second] = await sql`select cron.schedule('job', '5 seconds', 'select 2') as id`;
  assert.equal(first?.id, second?.id);
  await sql`select cron.alter_job(${first?.id}, schedule => '@daily', active => false)`;
  const [job] = await sql`select schedule, command, active from cron.job`;
  assert.deepEqual({ ...job }, { schedule: "@daily", command: "select 2", active: false });
});

Deno.test("schedules that pg_cron accepts are accepted and have a next run", async () => {
  await using database = await startDatabaseWithCron();
  const { sql } = database;
  const taken = [
    ...["59 23 31 12 7", " 0-10/5,30 */2 $ jan,MAR sun-tue ", "*/15\t0 1,15 * 1-5"],
    ...["@daily", "1 second", "59 SECONDS"],
  ];
  for (const schedule of taken) {
    await sql`select cron.schedule(${schedule}, 'select 1')`;
    assert.ok(new Cron(readSchedule(schedule).pattern).nextRun(), schedule);
  }
});

Deno.test("schedules that pg_cron refuses are refused", async () => {
  await using database = await startDatabaseWithCron();
  const { sql } = database;
  const refused = [
    ...["60 seconds", "0 seconds", "* * * *", "every minute", "* * * * * *"],
    ...["60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "* * * mon *"],
    ...["*/0 * * * *", "1- * * * *", "1,,2 * * * *", "100 * * * *", "*-5 * * * *"],
  ];
  for (const schedule of refused) {
    await assert.rejects(sql`select cron.schedule(${schedule}, 'select 1')`, /invalid schedule/);
  }
  await assert.rejects(sql`select cron.unschedule('nobody')`, /could not find valid entry for job/);
  await assert.rejects(sql`select cron.alter_job(99)`, /does not exist/);
});
