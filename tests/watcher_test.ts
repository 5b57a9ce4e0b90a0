import assert from "node:assert/strict";
import { z } from "zod";
import { addUser, startTestDatabase, type TestDatabase } from "../scripts/testing/database.ts";
import { type Customer, TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import { readReviewFile } from "../scripts/track/read_review_file.ts";
import { asUser, ingestRun, type ResultRow } from "./support/test_tracking.ts";
import { addTester, track } from "./support/track.ts";

const MODEL = "gpt-6-luna";

type Status = ResultRow["status"];

const results = (statuses: Readonly<Record<string, Status>>): ResultRow[] =>
  Object.entries(statuses).map(([tool_name, status], ordinal) => ({
    ordinal,
    tool_name,
    status,
    ...status === "PASS" ? {} : { error_message: `${tool_name} broke` },
  }));

let minutes = 0;

/** Stores a run with a watcher model. Returns its id. */
async function watch(
  db: TestDatabase,
  owner: string,
  rows: Readonly<Record<string, Status>> | readonly ResultRow[],
  fields: { readonly branch_name?: string; readonly watcher_model?: string } = {},
): Promise<number> {
  const { run_id } = await ingestRun(db, owner, {
    suite: "unit",
    run_timestamp: new Date(Date.UTC(2026, 0, 1, 0, minutes++)).toISOString(),
    watcher_model: MODEL,
    ...fields,
  }, Array.isArray(rows) ? rows : results(rows as Readonly<Record<string, Status>>));
  return run_id;
}

/** Returns the tests of a run whose review is queued. */
async function toReview(db: TestDatabase, run: number): Promise<string[]> {
  const rows = await db.sql<{ tool_name: string }[]>`
    select t.tool_name from private.job_queue q
    join private.watched_runs w on w.group_id = q.group_id
    join public.test_results t on t.id = (q.payload ->> 'test_result_id')::bigint
    where w.run_id = ${run} and q.dead_at is null order by q.id`;
  return rows.map(({ tool_name }) => tool_name);
}

async function warningsOf(db: TestDatabase, run: number): Promise<string[]> {
  const [row] = await db.sql<[{ codes: string[] }]>`
    select coalesce(jsonb_agg(w ->> 'code'), '[]') as codes
    from public.test_runs r left join jsonb_array_elements(r.warnings) w on true
    where r.id = ${run} and w is not null`;
  return row.codes;
}

interface Reply {
  readonly jobs: readonly {
    readonly job_id: number;
    readonly attempt: number;
    readonly provider: string;
    readonly result: { readonly tool_name: string };
    readonly history: readonly {
      readonly status: string;
      readonly error_message: string | null;
      readonly watcher_quality: number | null;
      readonly observation: string | null;
    }[];
  }[];
  readonly rejected: readonly number[];
  readonly waiting: number;
}

async function advance(
  db: TestDatabase,
  worker: string,
  ended: readonly Record<string, unknown>[],
  want: number,
): Promise<Reply> {
  const [row] = await db.workers<[{ reply: Reply }]>`
    select public.advance_watcher(${worker}, ${
    db.workers.json(ended.map((result) => ({ ...result })) as never)
  }, ${want}) as reply`;
  return row.reply;
}

const INSIGHT = {
  quality_score: 3,
  strengths: ["it says why"],
  weaknesses: ["it fails"],
  anomalies: [],
  recommendations: ["mend it"],
  confidence_level: "high",
  raw_observation: { quality_score: 3 },
  is_malformed: false,
};

const reviewFileSchema = z.object({
  observations: z.array(z.looseObject({
    tool_name: z.string(),
    status: z.string(),
    quality_score: z.number(),
    anomalies: z.array(z.string()),
  })),
});

const reviewed = (
  { job_id, attempt }: { readonly job_id: number; readonly attempt: number },
  insight: Record<string, unknown> = INSIGHT,
) => ({ job_id, attempt, outcome: "complete", charge: "unknown", actual_cost: 0.0001, insight });

async function insights(db: TestDatabase, run: number) {
  return await db.sql<
    { tool_name: string; quality_score: number | null; is_malformed: boolean }[]
  >`
    select t.tool_name, i.quality_score, i.is_malformed from public.watcher_insights i
    join public.test_results t on t.id = i.test_result_id where t.run_id = ${run} order by t.ordinal`;
}

Deno.test("the watcher reviews changed results within its budget, and each review is stored once", async (test) => {
  await using db = await startTestDatabase();
  const setting = (watch: string) => db.sql`update private.tracking_settings set watch = ${watch}`;

  await test.step("failures and results with another status than before on the branch are enqueued", async () => {
    const owner = await addUser(db);
    const first = await watch(db, owner, { a: "PASS", b: "FAIL", c: "PASS", d: "SKIP" });
    assert.deepEqual(await toReview(db, first), ["b"]);
    const second = await watch(db, owner, {
      a: "PASS",
      b: "PASS",
      c: "ERROR",
      d: "SKIP",
      e: "PASS",
    });
    assert.deepEqual(await toReview(db, second), ["b", "c"]);
    const elsewhere = await watch(db, owner, { a: "PASS", b: "FAIL", c: "PASS" }, {
      branch_name: "topic",
    });
    assert.deepEqual(await toReview(db, elsewhere), ["b"]);
    // A test is compared with the last run that has it.
    await watch(db, owner, { a: "PASS" });
    const third = await watch(db, owner, { a: "SKIP", b: "PASS", c: "PASS" });
    assert.deepEqual(await toReview(db, third), ["a", "c"]);
  });

  await test.step("the setting selects all results or none", async () => {
    const owner = await addUser(db);
    await setting("all");
    assert.deepEqual(await toReview(db, await watch(db, owner, { a: "PASS", b: "SKIP" })), [
      "a",
      "b",
    ]);
    await setting("none");
    assert.deepEqual(await toReview(db, await watch(db, owner, { a: "FAIL" })), []);
    await setting("changed");
  });

  await test.step("nothing is enqueued without a model, for an uncounted row, or for a row with a score", async () => {
    const owner = await addUser(db);
    const { run_id } = await ingestRun(db, owner, {}, results({ a: "FAIL" }));
    assert.deepEqual(await toReview(db, run_id), []);
    const run = await watch(db, owner, [
      { ordinal: 0, tool_name: "a", status: "FAIL", is_counted: false },
      { ordinal: 1, tool_name: "b", status: "FAIL", watcher_quality: 4 },
      { ordinal: 2, tool_name: "c", status: "FAIL" },
    ]);
    assert.deepEqual(await toReview(db, run), ["c"]);
  });

  await test.step("an unknown model causes a warning, and the run is stored", async () => {
    const run = await watch(db, await addUser(db), { a: "FAIL" }, { watcher_model: "gpt-none" });
    assert.deepEqual(await toReview(db, run), []);
    assert.deepEqual(await warningsOf(db, run), ["watcher.unknown_model"]);
  });

  await test.step("a model of the catalogue is called at its own provider", async () => {
    await db.sql`delete from private.job_queue`;
    await db.sql`update private.job_groups set waiting = 0, open_jobs = 0`;
    const run = await watch(db, await addUser(db), { a: "FAIL" }, {
      watcher_model: "openai/gpt-6-luna",
    });
    const worker = crypto.randomUUID();
    const [job] = (await advance(db, worker, [], 1)).jobs;
    assert.equal(job?.provider, "openrouter");
    await advance(db, worker, job === undefined ? [] : [reviewed(job)], 0);
    assert.equal((await insights(db, run)).length, 1);
  });

  await test.step("a review, its score and its cost are written together and once", async () => {
    const owner = await addUser(db);
    const run = await watch(db, owner, { a: "FAIL", b: "FAIL", c: "PASS" });
    const dead = crypto.randomUUID();
    const lost = (await advance(db, dead, [], 5)).jobs;
    assert.deepEqual(lost.map(({ result }) => result.tool_name), ["a", "b"]);
    await db.sql`update private.job_queue set lease_expires_at = now() - interval '1 second'
      where lease_owner = ${dead}`;
    const worker = crypto.randomUUID();
    const again = (await advance(db, worker, [], 5)).jobs;
    assert.deepEqual(again.map(({ attempt }) => attempt), [2, 2]);
    await advance(db, worker, again.map((job) => reviewed(job)), 0);
    // A worker whose lease has expired still sends its result.
    const late = lost.map((job) => reviewed(job, { ...INSIGHT, quality_score: 9 }));
    assert.deepEqual(
      (await advance(db, dead, late, 0)).rejected.toSorted(),
      lost.map(({ job_id }) => job_id).toSorted(),
    );
    assert.deepEqual((await insights(db, run)).map(({ quality_score }) => quality_score), [3, 3]);
    const [sums] = await db.sql`
      select r.avg_watcher_quality::float8 as mark, r.watcher_cost_usd::float8 as cost,
        r.total_cost_usd::float8 as total, g.spent_usd::float8 as spent, g.open_jobs::int as open,
        (select sum(i.cost_usd::numeric)::float8 from public.watcher_insights i
          join public.test_results t on t.id = i.test_result_id where t.run_id = r.id) as insights
      from public.test_runs r join private.watched_runs w on w.run_id = r.id
      join private.job_groups g on g.id = w.group_id where r.id = ${run}`;
    assert.deepEqual({ ...sums }, {
      mark: 3,
      cost: 0.0002,
      total: 0,
      spent: 0.0002,
      open: 0,
      insights: 0.0002,
    });
  });

  await test.step("an unreadable review is stored as text and gives no score", async () => {
    const run = await watch(db, await addUser(db), { a: "FAIL" });
    const worker = crypto.randomUUID();
    const { jobs } = await advance(db, worker, [], 5);
    await advance(
      db,
      worker,
      jobs.map((job) => reviewed(job, { raw_observation: "Well, well.", is_malformed: true })),
      0,
    );
    const [row] = await db.sql`
      select i.raw_observation, i.is_malformed, i.quality_score, t.watcher_quality, t.watcher_observations
      from public.watcher_insights i join public.test_results t on t.id = i.test_result_id
      where t.run_id = ${run}`;
    assert.deepEqual({ ...row }, {
      raw_observation: "Well, well.",
      is_malformed: true,
      quality_score: null,
      watcher_quality: null,
      watcher_observations: null,
    });
  });

  await test.step("a job has up to five earlier results of the test with their reviews", async () => {
    const owner = await addUser(db);
    const worker = crypto.randomUUID();
    let reply: Reply | undefined;
    for (let run = 0; run < 7; run++) {
      await watch(db, owner, { a: "FAIL" });
      await watch(db, owner, { a: "FAIL" }, { branch_name: "topic" });
      reply = await advance(db, worker, [], 5);
      await advance(db, worker, reply.jobs.map((job) => reviewed(job)), 0);
    }
    assert.deepEqual(reply?.jobs.map(({ history }) => history.length), [5, 5]);
    const [last] = reply?.jobs[0]?.history ?? [];
    assert.deepEqual(
      [last?.status, last?.error_message, last?.watcher_quality, last?.observation],
      ["FAIL", "a broke", 3, '{"quality_score": 3}'],
    );
  });

  await test.step("the ceiling of a run cancels waiting reviews, and the run has a warning", async () => {
    const price = 2 * 16_000 * 0.1e-6 + 3 * (2_000 + 8_192) * 0.5e-6;
    await db.sql`update private.tracking_settings set watch_ceiling_usd = ${2.5 * price}`;
    const run = await watch(db, await addUser(db), {
      a: "FAIL",
      b: "FAIL",
      c: "FAIL",
      d: "FAIL",
      e: "FAIL",
    });
    const worker = crypto.randomUUID();
    const { jobs } = await advance(db, worker, [], 5);
    assert.equal(jobs.length, 2, "no more than the ceiling has room for is under way");
    const spent = jobs.map((job) => ({ ...reviewed(job), actual_cost: price }));
    assert.equal((await advance(db, worker, spent, 5)).jobs.length, 0);
    assert.equal((await insights(db, run)).length, 2);
    assert.deepEqual(await toReview(db, run), []);
    const [row] = await db
      .sql`select warnings -> 0 as warning from public.test_runs where id = ${run}`;
    assert.deepEqual(row?.warning, {
      code: "watcher.incomplete",
      detail: "3 results were not reviewed: the budget of the watcher is used up.",
    });
    await db.sql`update private.tracking_settings set watch_ceiling_usd = 1`;
  });

  await test.step("the daily ceiling counts all runs of an owner, including deleted ones", async () => {
    const [owner, other] = [await addUser(db), await addUser(db)];
    await db.sql`update private.tracking_settings set watch_daily_ceiling_usd = 0.5`;
    const first = await watch(db, owner, { a: "FAIL" });
    const second = await watch(db, owner, { a: "FAIL" });
    assert.deepEqual(await warningsOf(db, second), ["watcher.no_budget"]);
    const worker = crypto.randomUUID();
    const { jobs } = await advance(db, worker, [], 5);
    await advance(db, worker, jobs.map((job) => ({ ...reviewed(job), actual_cost: 0.499 })), 0);
    await asUser(db, owner, (sql) => sql`delete from public.test_runs where id = ${first}`);
    assert.deepEqual(await warningsOf(db, await watch(db, owner, { a: "FAIL" })), [
      "watcher.no_budget",
    ]);
    assert.deepEqual(await warningsOf(db, await watch(db, other, { a: "FAIL" })), []);
    await db.sql`update private.tracking_settings set watch_daily_ceiling_usd = 10`;
    await db.sql`delete from private.watched_runs where owner_id = ${other}`;
  });

  await test.step("deleting a run deletes its jobs, and a result under way is rejected", async () => {
    const owner = await addUser(db);
    const run = await watch(db, owner, { a: "FAIL", b: "FAIL" });
    const worker = crypto.randomUUID();
    const { jobs } = await advance(db, worker, [], 1);
    await asUser(db, owner, (sql) => sql`delete from public.test_runs where id = ${run}`);
    assert.equal(
      (await db.sql`select from private.job_queue where kind = 'watcher_judgement'`).length,
      0,
    );
    assert.equal(
      (await advance(db, worker, jobs.map((job) => reviewed(job)), 5)).rejected.length,
      1,
    );
  });

  await test.step("deleting a user deletes their reviews and waiting jobs", async () => {
    const owner = await addUser(db);
    await watch(db, owner, { a: "FAIL" });
    await db.sql`delete from auth.users where id = ${owner}`;
    const left = await db.sql`select from private.watched_runs where owner_id = ${owner}`;
    const jobs = await db.sql`select from private.job_queue where kind = 'watcher_judgement'`;
    assert.deepEqual([left.length, jobs.length], [0, 0]);
  });

  await test.step("a provider that takes no call for a day ends the run's reviews, and the run has a warning with the reason", async () => {
    const run = await watch(db, await addUser(db), { a: "FAIL", b: "FAIL", c: "FAIL" });
    const worker = crypto.randomUUID();
    const { jobs: [job] } = await advance(db, worker, [], 1);
    await advance(db, worker, [{
      job_id: job?.job_id,
      attempt: job?.attempt,
      outcome: "fatal",
      charge: "none",
      error_message: "No valid key.",
    }], 5);
    await db.sql`update private.provider_circuits set since = since - interval '24 hours'`;
    await db.sql`update private.job_groups set created_at = created_at - interval '24 hours'`;
    await db.sql`select private.sweep_queue()`;
    await db.sql`delete from private.provider_circuits`;
    const [row] = await db
      .sql`select warnings -> 0 ->> 'detail' as detail from public.test_runs where id = ${run}`;
    assert.equal(row?.detail, "3 results were not reviewed: No valid key.");
  });

  await test.step("a provider that refuses a call for its rate gets none for the time it asks", async () => {
    const run = await watch(db, await addUser(db), { a: "FAIL", b: "FAIL" });
    const worker = crypto.randomUUID();
    const { jobs: [job] } = await advance(db, worker, [], 1);
    const reply = await advance(db, worker, [{
      job_id: job?.job_id,
      attempt: job?.attempt,
      outcome: "retry",
      charge: "none",
      run_at_ms: 0,
      rate_limited: true,
      pause_ms: 30_000,
    }], 5);
    assert.deepEqual([reply.jobs.length, reply.waiting], [0, 2]);
    await db.sql`delete from private.provider_pace`;
    const { jobs } = await advance(db, worker, [], 5);
    await advance(db, worker, jobs.map((each) => reviewed(each)), 0);
    assert.equal((await insights(db, run)).length, 2);
  });
});

const askedSchema = z.array(z.object({
  response_format: z.object({ json_schema: z.object({ strict: z.boolean() }) }),
}));
const countSchema = z.object({ calls: z.number() });

Deno.test("a model reviews the runs that are sent to the API", async (test) => {
  await using stack = await TestStack.start();
  const send = async (
    who: Customer,
    body: Record<string, unknown>,
  ): Promise<number> => {
    const { data, error } = await who.client.functions.invoke<{ run_id: number }>(
      "test-runs/report",
      { body },
    );
    if (error || data === null) throw error ?? new Error("no run");
    return data.run_id;
  };
  const ended = (run: number) =>
    waitFor(`the watcher to end with run ${run}`, async () => {
      const [row] = await stack.sql`
        select g.open_jobs::int as open from private.watched_runs w
        join private.job_groups g on g.id = w.group_id where w.run_id = ${run}`;
      return row?.open === 0;
    });
  const behave = async (behaviour: Record<string, unknown>) => {
    await stack.control("openai", "reset", {});
    await stack.control("openai", "behaviour", { firstTokenMs: 5, tokenMs: 0, ...behaviour });
  };
  const calls = async () => countSchema.parse(await stack.inspect("openai", "stats")).calls;
  const report = (minute: number, tests: Readonly<Record<string, Status>>) => ({
    suite: "flow",
    run_timestamp: new Date(Date.UTC(2026, 1, 1, 0, minute)).toISOString(),
    watcher_model: MODEL,
    results: Object.entries(tests).map(([tool_name, status]) => ({
      tool_name,
      status,
      duration_secs: 1,
      ...status === "PASS" ? {} : { error_message: `TypeError: ${tool_name} is not a function` },
    })),
  });
  /** Fetches the file of a run's reviews; null if the run is another owner's. */
  const reviewFile = async ({ client }: Customer, run: number): Promise<unknown> => {
    const { data } = await client.auth.getSession();
    const response = await fetch(
      `${stack.stack.apiUrl}/functions/v1/test-runs/${run}/observations`,
      { headers: { authorization: `Bearer ${data.session?.access_token}` } },
    );
    const body: unknown = await response.json();
    if (response.status === 404) return null;
    assert.equal(response.status, 200);
    return body;
  };
  const read = async (who: Customer, run: number) => {
    const { data, error } = await who.client.from("watcher_insights")
      .select(
        "quality_score, anomalies, confidence_level, is_malformed, raw_observation, model, " +
          "test_results!inner(tool_name, watcher_quality, run_id)",
      )
      .eq("test_results.run_id", run).order("id").returns<{
      quality_score: number | null;
      anomalies: string[];
      confidence_level: string | null;
      is_malformed: boolean;
      raw_observation: unknown;
      model: string;
      test_results: { tool_name: string; watcher_quality: number | null };
    }[]>();
    if (error) throw error;
    return data;
  };

  await test.step("only the owner reads the reviews, which mention changes since the last run", async () => {
    await behave({});
    const [owner, other] = [await stack.customer(), await stack.customer()];
    const first = await send(owner, report(0, { login: "PASS", search: "FAIL" }));
    await ended(first);
    const second = await send(owner, report(1, { login: "FAIL", search: "FAIL", pay: "PASS" }));
    await ended(second);
    const seen = await read(owner, second);
    assert.deepEqual(
      seen.map(({ test_results: { tool_name, watcher_quality }, quality_score, model }) => [
        tool_name,
        quality_score,
        watcher_quality,
        model,
      ]).toSorted(),
      [["login", 2, 2, MODEL], ["search", 2, 2, MODEL]],
    );
    const login = seen.find(({ test_results }) => test_results.tool_name === "login");
    assert.deepEqual(login?.anomalies, ["It ended as FAIL after PASS."]);
    const { data } = await owner.client.from("test_runs").select("avg_watcher_quality")
      .eq("id", second).single<{ avg_watcher_quality: unknown }>();
    assert.equal(Number(data?.avg_watcher_quality), 2);
    assert.equal(await calls(), 3);
    const asked = askedSchema.parse(await stack.inspect("openai", "requests"));
    assert.deepEqual(asked.map(({ response_format }) => response_format.json_schema.strict), [
      true,
      true,
      true,
    ]);
    assert.deepEqual(await read(other, second), []);
    const { data: none } = await stack.anonymous().from("watcher_insights").select("id");
    assert.deepEqual(none ?? [], []);
    const file = reviewFileSchema.parse(await reviewFile(owner, second));
    assert.deepEqual(
      file.observations.map(({ tool_name, status, quality_score }) => [
        tool_name,
        status,
        quality_score,
      ]),
      [["login", "FAIL", 2], ["search", "FAIL", 2]],
    );
    assert.deepEqual(
      file.observations.map(({ anomalies }) => anomalies),
      [["It ended as FAIL after PASS."], []],
    );
    assert.equal(await reviewFile(other, second), null);
    const again = readReviewFile(JSON.stringify(file));
    assert.deepEqual(
      again.results.map(({ tool_name, status, watcher_quality }) => [
        tool_name,
        status,
        watcher_quality,
      ]),
      [["login", "FAIL", 2], ["search", "FAIL", 2]],
      "the file can be imported again",
    );
    assert.deepEqual(again.warnings, []);
    const [money] = await stack.sql`
      select sum(i.cost_usd::numeric)::float8 as insights, max(g.spent_usd)::float8 as spent,
        max(g.reserved_usd)::float8 as reserved
      from private.watched_runs w join private.job_groups g on g.id = w.group_id
      join public.test_results t on t.run_id = w.run_id
      join public.watcher_insights i on i.test_result_id = t.id where w.run_id = ${second}`;
    assert.ok(money !== undefined && money.spent > 0);
    assert.ok(Math.abs(money.spent - money.insights) < 1e-12);
    assert.equal(money.reserved, 0);
  });

  await test.step("a model of the catalogue is called at its provider, even without structured output", async () => {
    const owner = await stack.customer();
    for (const watcher_model of ["openai/gpt-6-luna", "google/gemini-3.5-flash"]) {
      const run = await send(owner, {
        ...report(0, { a: "FAIL" }),
        suite: watcher_model,
        watcher_model,
      });
      await ended(run);
      assert.deepEqual(
        (await read(owner, run)).map(({ quality_score, model }) => [quality_score, model]),
        [[2, watcher_model]],
      );
    }
  });

  await test.step("an answer that is no review is kept as text", async () => {
    await behave({ script: ["malformed"] });
    const owner = await stack.customer();
    const run = await send(owner, report(0, { login: "FAIL" }));
    await ended(run);
    const [insight] = await read(owner, run);
    assert.deepEqual(
      [insight?.is_malformed, insight?.raw_observation, insight?.quality_score],
      [true, "Certainly! Here is a query:", null],
    );
  });

  await test.step("a rate limit, a broken and a cut-off answer delay a review and lose none", async () => {
    await behave({
      script: ["rate_limited", "server_error", "disconnect"],
      retryAfterSeconds: 0.05,
    });
    const owner = await stack.customer();
    const run = await send(owner, report(0, { a: "FAIL", b: "FAIL", c: "FAIL" }));
    await waitFor("all three reviews", async () => {
      await stack.sql`update private.job_queue set run_at = now()
        where kind = 'watcher_judgement' and lease_owner is null`;
      await stack.sql`delete from private.provider_pace`;
      await stack.sql`select private.sweep_queue()`;
      return (await read(owner, run)).length === 3;
    });
    assert.equal(await calls(), 6);
  });

  await test.step("the next worker reviews what a killed worker had under way, each result once", async () => {
    await behave({ script: ["hang", "hang"], hangMs: 60_000 });
    const owner = await stack.customer();
    const run = await send(owner, report(0, { a: "FAIL", b: "FAIL", c: "FAIL", d: "FAIL" }));
    await waitFor("the first reviews", async () => (await read(owner, run)).length === 2);
    await stack.killWorkers("watcher-worker");
    await waitFor("the others", async () => {
      await stack.sql`select private.sweep_queue()`;
      return (await read(owner, run)).length === 4;
    });
    await ended(run);
    const [ledger] = await stack.sql`
      select count(*) filter (where l.state = 'written_off')::int as lost,
        count(*) filter (where l.state = 'settled')::int as settled
      from private.cost_ledger l join private.watched_runs w on w.group_id = l.group_id
      where w.run_id = ${run}`;
    assert.deepEqual({ ...ledger }, { lost: 2, settled: 4 });
  });

  await test.step("the CLI stores a report with a watcher, fetches the reviews and imports them into another database", async () => {
    await behave({});
    const folder = await Deno.makeTempDir({ prefix: "modelpick-watcher-" });
    try {
      const [one, two] = [await addTester(stack), await addTester(stack)];
      const latest = async ({ id }: Customer): Promise<number> => {
        const [row] = await stack.sql`
          select max(id)::int as id from public.test_runs where owner_id = ${id}`;
        return row?.id;
      };
      await Deno.writeTextFile(
        `${folder}/report.xml`,
        `<testsuite name="cli"><testcase name="a"><failure message="no"/></testcase></testsuite>`,
      );
      const taken = await track(folder, one.env, "ingest", "report.xml", "--watcher-model", MODEL);
      assert.equal(taken.code, 0, taken.stderr);
      const run = await latest(one);
      await ended(run);
      const fetched = await track(
        folder,
        one.env,
        ...["report", "observations", String(run), "--output", "watcher_observations/run.json"],
      );
      assert.equal(fetched.code, 0, fetched.stderr);
      const filled = await track(folder, two.env, "backfill", "watcher_observations/run.json");
      assert.equal(filled.code, 0, filled.stderr);
      const bare = (rows: Awaited<ReturnType<typeof read>>) =>
        rows.map(({ raw_observation: _, test_results, ...insight }) => ({
          ...insight,
          tool: test_results.tool_name,
        }));
      const known = bare(await read(one, run));
      assert.equal(known.length, 1);
      assert.deepEqual(bare(await read(two, await latest(two))), known);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });

  await test.step("only a secret key starts a worker", async () => {
    assert.equal((await stack.call("watcher-worker", {}, "sb_secret_wrong")).status, 401);
    assert.equal((await stack.call("watcher-worker", { run: 1 })).status, 422);
    assert.equal((await stack.call("watcher-worker", {})).status, 202);
  });
});
