import type { Sql } from "postgres";
import { mean } from "simple-statistics";
import { addUser } from "../testing/database.ts";
import { storeReport } from "../testing/store_report.ts";
import { startBenchDatabase } from "./bench_database.ts";
import { type Benchmark, interleave, type Measure, repeat, time } from "./harness.ts";

const RUNS = 1_000;
const RESULTS = 1_000;
const COMPARED = 4_000;
const REPORTS_PER_ROUND = 3;

/** Simple solution: looks up the earlier result of each test by its names. */
const NAIVE = `
  select a.tool_name, a.variation, a.status, (
    select b.status from public.test_results b
    where b.run_id = $1 and b.tool_name = a.tool_name and b.variation = a.variation
      and b.class_name = a.class_name and b.provider = a.provider and b.model = a.model
    limit 1
  ) as before_status
  from public.test_results a where a.run_id = $2`;

/** Benchmark of test tracking: recording and comparing runs of 4,000 tests among 1,000,000 results. */
export const tracking: Benchmark = {
  name: "tracking",
  summary: "recording and comparing runs of 4,000 tests among 1,000,000 results",
  async *run(options) {
    await using database = await startBenchDatabase();
    const { sql } = database;
    options.progress(`writing ${RUNS} runs of ${RESULTS} results`);
    const owner = await addUser(database);
    await fill(sql, owner);
    options.progress(`judging ${RUNS} runs`);
    await runDetector(sql);
    const [before, after] = [await ingest(sql, owner, 7), await ingest(sql, owner, 8)];
    await sql`vacuum analyze public.test_results`;

    const ask = (query: string): Measure<"ms"> => async () => ({
      ms: await time(() => sql.unsafe(query, [before, after])),
    });
    const compared = await interleave({
      compare_test_runs: ask("select * from public.compare_test_runs($1, $2)"),
      "one look-up by name per test": ask(NAIVE),
    }, options);
    const plan = await sql.unsafe<{ "QUERY PLAN": string }[]>(
      `explain (analyze, buffers, costs off) ${pairQuery(before, after)}`,
    );
    yield {
      title: `Comparing two runs of ${COMPARED} tests, test by test`,
      unit: "ms",
      ratio: "naive ÷ ours",
      rows: [
        compared.row("compare_test_runs", "ms", { goal: { atMost: 150 } }),
        compared.row("one look-up by name per test", "ms", { divisor: "compare_test_runs" }),
      ],
      notes: ["Plan of the join:", ...plan.map((row) => `  ${row["QUERY PLAN"]}`)],
    };

    const record = (work: () => Promise<unknown>): Measure<"ms"> => async () => ({
      ms: mean(await repeat(REPORTS_PER_ROUND, () => time(work))),
    });
    const taken = await interleave({
      "in one transaction": record(() => ingest(sql, owner, 9)),
      "the same rows in a plain table": record(() => insertOnly(sql)),
    }, options);
    yield {
      title: `Recording a report of ${COMPARED} tests`,
      unit: "ms",
      ratio: "ours ÷ bare",
      rows: [
        taken.row("in one transaction", "ms", { goal: { atMost: 2_000 } }),
        taken.row("the same rows in a plain table", "ms", { dividend: "in one transaction" }),
      ],
    };

    const finish = (query: string, hoursAgo = 0): Measure<"ms"> => async () => {
      const run = await prepareRun(sql, owner, hoursAgo);
      return { ms: await time(() => sql.unsafe(query, [run])) };
    };
    const withDetection = "select private.conclude_test_run($1, 'complete')";
    const late = `run that arrives ${RUNS / 2} runs late: replay of each issue`;
    const ended = await interleave({
      "latest run: one step per issue": finish(withDetection),
      [late]: finish(withDetection, RUNS / 2 + 0.5),
      "without detection": finish(
        "update public.test_runs set status = 'complete', completed_at = now() where id = $1",
      ),
    }, options);
    const [known] = await sql<[{ issues: string; open: string }]>`
      select count(*) as issues, count(*) filter (where status = 'OPEN') as open from public.issues`;
    yield {
      title: `Ending a run of ${COMPARED} tests, including its issues`,
      unit: "ms",
      rows: [
        ended.row("latest run: one step per issue", "ms", { goal: { atMost: 100 } }),
        ended.row(late, "ms", { goal: { atMost: 1_000 } }),
        ended.row("without detection", "ms"),
      ],
      notes: [`${known.issues} issues, ${known.open} of them open.`],
    };
  },
};

/** Gives a user a history of runs. */
async function fill(sql: Sql, owner: string): Promise<void> {
  await sql`
    insert into public.test_runs (owner_id, suite, run_timestamp, status)
    select ${owner}, 'bench', now() - make_interval(hours => n), 'complete'
    from generate_series(1, ${RUNS}) n`;
  await sql`
    insert into public.test_results (run_id, owner_id, ordinal, tool_name, class_name, status, duration_secs,
      error_message, failure_fingerprint, fingerprint_version)
    select r.id, r.owner_id, n, 'test number ' || n, 'suite/file_' || n % 40 || '_test.ts',
      case when (n * 31 + r.id) % 97 = 0 then 'FAIL' else 'PASS' end, 0.1,
      case when (n * 31 + r.id) % 97 = 0 then 'expected ' || n end,
      case when (n * 31 + r.id) % 97 = 0 then lpad(n::text, 64, '0') end,
      case when (n * 31 + r.id) % 97 = 0 then 1 end
    from public.test_runs r cross join generate_series(0, ${RESULTS - 1}) n`;
  await sql`
    create table public.bare_results (run_id bigint, ordinal int, tool_name text, class_name text, status text,
      duration_secs numeric)`;
}

/** Runs the issue detector on every run in order, as if each had just ended. */
async function runDetector(sql: Sql): Promise<void> {
  const runs = await sql<{ id: string }[]>`
    select id from public.test_runs order by run_timestamp, id`;
  for (const [index, { id }] of runs.entries()) {
    await sql`select private.detect_issues(${id})`;
    // Does the work of autovacuum without waiting for it.
    if (index % 100 === 10) await sql`analyze`;
  }
}

/** Adds a run with all of its results that has not ended yet. */
async function prepareRun(sql: Sql, owner: string, hoursAgo: number): Promise<number> {
  const at = new Date(Date.now() - hoursAgo * 3_600_000).toISOString();
  const [row] = await sql<[{ id: number }]>`
    select (public.begin_test_run(${owner}, ${
    sql.json({ suite: "bench", run_timestamp: at })
  }) ->> 'run_id')::integer as id`;
  await sql`select public.add_test_results(${owner}, ${row.id}, ${sql.json(makeResults(9))})`;
  return row.id;
}

function makeResults(salt: number) {
  return Array.from({ length: COMPARED }, (_, ordinal) => {
    const test = {
      ordinal,
      tool_name: `test number ${ordinal}`,
      class_name: `suite/file_${ordinal % 40}_test.ts`,
      duration_secs: 0.1,
    };
    return ordinal % (10 * salt) !== 0 ? { ...test, status: "PASS" } : {
      ...test,
      status: "FAIL",
      error_message: `expected ${ordinal}`,
      failure_fingerprint: String(ordinal).padStart(64, "0"),
      fingerprint_version: 1,
    };
  });
}

async function ingest(sql: Sql, owner: string, salt: number): Promise<number> {
  const run = { suite: "bench" };
  const key = crypto.randomUUID();
  const { run_id } = await storeReport<{ run_id: number }>(sql, owner, run, makeResults(salt), key);
  return run_id;
}

async function insertOnly(sql: Sql): Promise<void> {
  await sql`
    insert into public.bare_results
    select 1, x.ordinal, x.tool_name, x.class_name, x.status, x.duration_secs
    from jsonb_to_recordset(${sql.json(makeResults(9))}) as x (
      ordinal int, tool_name text, class_name text, status text, duration_secs numeric
    )`;
}

/** Returns the query inside compare_test_runs, whose plan Postgres does not show. */
function pairQuery(before: number, after: number): string {
  return `
    with before as materialized (
      select x.*, row_number() over (partition by x.test_key order by x.ordinal) as place
      from public.test_results x where x.run_id = ${before} and x.is_counted
    ),
    after as materialized (
      select x.*, row_number() over (partition by x.test_key order by x.ordinal) as place
      from public.test_results x where x.run_id = ${after} and x.is_counted
    )
    select b.status, a.status from before b
    full join after a on a.test_key = b.test_key and a.place = b.place`;
}
