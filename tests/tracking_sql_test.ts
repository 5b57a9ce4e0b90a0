import assert from "node:assert/strict";
import fc from "fast-check";
import postgres from "postgres";
import { addUser, startTestDatabase } from "../scripts/testing/database.ts";
import { REPORT_FORMATS } from "../supabase/functions/_shared/tracking/formats/report_model.ts";
import {
  addResults,
  asUser,
  beginRun,
  finishRun,
  ingestRun,
  type ResultRow,
} from "./support/test_tracking.ts";

const STATUSES = ["PASS", "FAIL", "SKIP", "ERROR"] as const;

const resultRows = fc.array(
  fc.record({
    tool_name: fc.constantFrom("login", "search", "pay"),
    variation: fc.constantFrom("", "slow"),
    status: fc.constantFrom(...STATUSES),
    is_counted: fc.boolean(),
    duration_secs: fc.option(fc.integer({ min: 0, max: 5000 }).map((ms) => ms / 1000), {
      nil: undefined,
    }),
    cost_usd: fc.option(fc.integer({ min: 0, max: 5000 }).map((micros) => micros / 1e4), {
      nil: undefined,
    }),
    watcher_quality: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
  }),
  { maxLength: 12 },
).map((rows): ResultRow[] =>
  rows.map(({ duration_secs, cost_usd, watcher_quality, ...row }, ordinal) => ({
    ordinal,
    ...row,
    ...duration_secs === undefined ? {} : { duration_secs },
    ...cost_usd === undefined ? {} : { cost_usd },
    ...watcher_quality === undefined ? {} : { watcher_quality },
  }))
);

function failsWith(code: string) {
  return (error: unknown) => error instanceof postgres.PostgresError && error.code === code;
}

/** Compares two numbers that may be rounded to `digits` decimals. */
function isClose(one: number | null, other: number | null, digits: number): boolean {
  if (one === null || other === null) return one === other;
  return Math.abs(one - other) <= 0.5 * 10 ** -digits + 1e-9;
}

const sum = (values: readonly (number | undefined)[]) =>
  values.reduce((total: number, value) => total + (value ?? 0), 0);

Deno.test("test runs in the database", async (t) => {
  await using db = await startTestDatabase();

  await t.step(
    "totals follow from the results, whatever batches and repeats they arrive in",
    async () => {
      const owner = await addUser(db);
      await fc.assert(
        fc.asyncProperty(
          resultRows,
          fc.array(fc.nat({ max: 12 }), { maxLength: 4 }),
          async (rows, cuts) => {
            const { run_id } = await beginRun(db, owner, { suite: "totals" });
            const bounds = [0, ...cuts.toSorted((a, b) => a - b), rows.length];
            for (const [index, start] of bounds.entries()) {
              const batch = rows.slice(Math.max(0, start - 1), bounds[index + 1] ?? rows.length);
              await addResults(db, owner, run_id, batch);
            }
            const totals = await finishRun(db, owner, run_id);
            const counted = rows.filter(({ is_counted }) => is_counted);
            const passed = counted.filter(({ status }) => status === "PASS").length;
            const failed =
              counted.filter(({ status }) => status === "FAIL" || status === "ERROR").length;
            assert.equal(totals.total_tests, counted.length);
            assert.equal(totals.tests_passed, passed);
            assert.equal(totals.tests_failed, failed);
            assert.equal(totals.tests_skipped, counted.length - passed - failed);
            const rate = passed + failed === 0 ? null : 100 * passed / (passed + failed);
            assert.ok(isClose(totals.pass_rate, rate, 2), `${totals.pass_rate} is not ${rate}`);
            const marks = rows.flatMap(({ watcher_quality }) => watcher_quality ?? []);
            const mark = marks.length === 0 ? null : sum(marks) / marks.length;
            assert.ok(isClose(totals.avg_watcher_quality, mark, 2));
            assert.ok(
              isClose(totals.total_duration_secs, sum(rows.map((row) => row.duration_secs)), 3),
            );
            assert.ok(isClose(totals.total_cost_usd, sum(rows.map((row) => row.cost_usd)), 4));
          },
        ),
        { numRuns: 40 },
      );
    },
  );

  await t.step("the database takes every report format", async () => {
    const owner = await addUser(db);
    for (const format of REPORT_FORMATS) {
      await assert.doesNotReject(
        beginRun(db, owner, { source_format: format }),
        `${format} is in REPORT_FORMATS: allow it in test_runs.source_format`,
      );
    }
  });

  await t.step("two concurrent batches are both counted", async () => {
    const owner = await addUser(db);
    const { run_id } = await beginRun(db, owner);
    const batch = (from: number): ResultRow[] =>
      Array.from({ length: 200 }, (_, index) => ({
        ordinal: from + index,
        tool_name: `t${from + index}`,
        status: "PASS",
      }));
    await Promise.all([0, 200, 400, 600].map((from) => addResults(db, owner, run_id, batch(from))));
    assert.equal((await finishRun(db, owner, run_id)).tests_passed, 800);
  });

  await t.step("a repeated batch changes nothing, even after the end of the run", async () => {
    const owner = await addUser(db);
    const { run_id } = await beginRun(db, owner);
    const batch: ResultRow[] = [{ ordinal: 0, tool_name: "a", status: "PASS", duration_secs: 1 }];
    assert.equal((await addResults(db, owner, run_id, batch)).added, 1);
    const changed: ResultRow[] = [{ ordinal: 0, tool_name: "a", status: "FAIL", duration_secs: 9 }];
    const again = await addResults(db, owner, run_id, changed);
    assert.deepEqual([again.added, again.known, again.tests_passed], [0, 1, 1]);
    await assert.rejects(
      addResults(db, owner, run_id, [{ ordinal: 0, tool_name: "b", status: "PASS" }]),
      failsWith("23505"),
    );
    const finished = await finishRun(db, owner, run_id);
    assert.deepEqual(await finishRun(db, owner, run_id), finished);
    assert.equal((await addResults(db, owner, run_id, batch)).known, 1);
    await assert.rejects(
      addResults(db, owner, run_id, [{ ordinal: 1, tool_name: "b", status: "PASS" }]),
      failsWith("55000"),
    );
    await assert.rejects(finishRun(db, owner, run_id, "aborted"), failsWith("55000"));
    await assert.rejects(finishRun(db, owner, run_id, "done"), failsWith("22023"));
  });

  await t.step(
    "an idempotency key creates one run, and another request with it is a conflict",
    async () => {
      const owner = await addUser(db);
      const rows: ResultRow[] = [{ ordinal: 0, tool_name: "a", status: "FAIL" }];
      const first = await ingestRun(db, owner, { request_hash: "x" }, rows, "key");
      const again = await ingestRun(db, owner, { request_hash: "x" }, rows, "key");
      assert.deepEqual([first.is_new, again.is_new, again.conflict], [true, false, false]);
      assert.equal(again.run_id, first.run_id);
      assert.equal((await ingestRun(db, owner, { request_hash: "y" }, [], "key")).conflict, true);
      const other = await addUser(db);
      assert.equal((await ingestRun(db, other, { request_hash: "x" }, rows, "key")).is_new, true);
    },
  );

  await t.step("a report with one invalid result stores nothing", async () => {
    const owner = await addUser(db);
    await assert.rejects(
      ingestRun(db, owner, {}, [
        { ordinal: 0, tool_name: "a", status: "PASS" },
        { ordinal: 1, tool_name: "", status: "PASS" },
      ]),
      failsWith("23514"),
    );
    const rows = await db.sql`select from public.test_runs where owner_id = ${owner}`;
    assert.equal(rows.length, 0);
  });

  await t.step("another user's run can be neither read nor changed nor compared", async () => {
    const [owner, other] = [await addUser(db), await addUser(db)];
    const rows: ResultRow[] = [{ ordinal: 0, tool_name: "a", status: "FAIL" }];
    const one = await ingestRun(db, owner, {}, rows);
    const two = await ingestRun(db, owner, {}, [{ ordinal: 0, tool_name: "a", status: "PASS" }]);
    const { run_id } = await beginRun(db, owner);
    await assert.rejects(addResults(db, other, run_id, rows), failsWith("P0002"));
    await assert.rejects(finishRun(db, other, run_id), failsWith("P0002"));
    const look = (user: string) =>
      asUser(db, user, async (sql) => {
        const counts: Record<string, number> = {};
        for (
          const relation of [
            "test_runs",
            "test_results",
            "report_test_runs",
            "report_latest_test_runs",
            "report_failing_tests",
            "report_test_costs",
          ]
        ) {
          counts[relation] = (await sql`select from ${sql(`public.${relation}`)}`).length;
        }
        counts.compared = (await sql`
          select from public.compare_test_runs(${one.run_id}, ${two.run_id})`).length;
        counts.deleted = (await sql`
          delete from public.test_runs where id = ${run_id}`).count;
        return counts;
      });
    assert.deepEqual(Object.values(await look(other)), Array(8).fill(0));
    assert.deepEqual(await look(owner), {
      test_runs: 3,
      test_results: 2,
      report_test_runs: 2,
      report_latest_test_runs: 1,
      report_failing_tests: 0,
      report_test_costs: 1,
      compared: 1,
      deleted: 1,
    });
  });

  await t.step("a comparison puts each test into one of five buckets", async () => {
    const owner = await addUser(db);
    await fc.assert(
      fc.asyncProperty(resultRows, resultRows, async (before, after) => {
        const one = await ingestRun(db, owner, { suite: "buckets" }, before);
        const two = await ingestRun(db, owner, { suite: "buckets" }, after);
        const expected = bucketsOf(before, after);
        const rows = await db.sql<{ bucket: string; tool_name: string; variation: string }[]>`
          select * from public.compare_test_runs(${one.run_id}, ${two.run_id})`;
        assert.deepEqual(
          rows.map(({ bucket, tool_name, variation }) => `${bucket} ${tool_name} ${variation}`)
            .toSorted(),
          expected.filter((line) => !line.startsWith("passing")).toSorted(),
        );
        const [summary] = await db.sql<[Record<string, string | number>]>`
          select * from public.summarize_test_run_comparison(${one.run_id}, ${two.run_id})`;
        for (
          const bucket of ["regressed", "new", "recurring", "fixed", "not_run", "passing"]
        ) {
          const count = expected.filter((line) => line.startsWith(`${bucket} `)).length;
          assert.equal(Number(summary[bucket]), count, bucket);
        }
      }),
      { numRuns: 60 },
    );
  });

  await t.step("McNemar's exact p equals the binomial test's", async () => {
    // Two-sided tails of the binomial distribution with p = 1/2, summed as exact fractions.
    const known: [number, number, number][] = [
      [2, 10, 0.03857421875],
      [0, 5, 0.0625],
      [3, 1, 0.625],
      [427, 443, 0.6110947237583265],
      [1000, 1500, 1.3325871648376252e-23],
      [0, 0, 1],
      [7, 7, 1],
    ];
    for (const [worse, better, expected] of known) {
      const [row] = await db.sql<[{ p: number }]>`
        select public.mcnemar_exact_p(${worse}, ${better}) as p`;
      assert.ok(Math.abs(row.p / expected - 1) < 1e-9, `${worse}, ${better}: ${row.p}`);
    }
  });

  await t.step(
    "every query of the snippet runs, and the latest run is found",
    async () => {
      const owner = await addUser(db);
      const at = (day: number) => `2026-11-${String(day).padStart(2, "0")}T00:00:00Z`;
      const run = { suite: "snippet", branch_name: "main" };
      const late = await ingestRun(db, owner, { ...run, run_timestamp: at(3) }, [
        { ordinal: 0, tool_name: "a", status: "PASS", watcher_quality: 9 },
        { ordinal: 1, tool_name: "b", status: "FAIL", watcher_quality: 2 },
      ]);
      // An older run that arrives later.
      const early = await ingestRun(db, owner, { ...run, run_timestamp: at(2) }, [
        { ordinal: 0, tool_name: "a", status: "PASS" },
        { ordinal: 1, tool_name: "b", status: "PASS" },
      ]);
      const snippet = await Deno.readTextFile(
        new URL("../supabase/snippets/test_tracking.sql", import.meta.url),
      );
      const queries = snippet.split(/^-- \(\d+\)/m).slice(1).map((query) => `--${query}`);
      assert.equal(queries.length, 7);
      for (const query of queries) await db.sql.unsafe(query);
      const [latest] = await db.sql`
      select * from public.report_latest_test_runs where owner_id = ${owner}`;
      assert.equal(Number(latest?.run_id), late.run_id);
      const [change] = await db.sql`
      select * from public.report_test_runs where run_id = ${late.run_id}`;
      assert.equal(Number(change?.previous_run_id), early.run_id);
      assert.equal(Number(change?.pass_rate_change), -50);
      const failing = await db.sql`
      select tool_name, watcher_quality from public.report_failing_tests where owner_id = ${owner}`;
      assert.deepEqual([...failing], [{ tool_name: "b", watcher_quality: 2 }]);
    },
  );
});

/** Computes the buckets of two runs as `compare_test_runs` defines them. */
function bucketsOf(before: readonly ResultRow[], after: readonly ResultRow[]): string[] {
  const byTest = (rows: readonly ResultRow[]) => {
    const tests = new Map<string, string>();
    const seen = new Map<string, number>();
    for (const { tool_name, variation, status, is_counted } of rows) {
      if (is_counted === false) continue;
      const name = `${tool_name} ${variation ?? ""}`;
      const place = (seen.get(name) ?? 0) + 1;
      seen.set(name, place);
      tests.set(`${name}#${place}`, status === "ERROR" ? "FAIL" : status);
    }
    return tests;
  };
  const [earlier, later] = [byTest(before), byTest(after)];
  return [...new Set([...earlier.keys(), ...later.keys()])].flatMap((test) => {
    const [was, is] = [earlier.get(test) ?? "SKIP", later.get(test) ?? "SKIP"];
    const bucket: Readonly<Record<string, string>> = {
      "PASS FAIL": "regressed",
      "SKIP FAIL": "new",
      "FAIL FAIL": "recurring",
      "FAIL PASS": "fixed",
      "PASS SKIP": "not_run",
      "FAIL SKIP": "not_run",
      "PASS PASS": "passing",
    };
    const found = bucket[`${was} ${is}`];
    return found === undefined ? [] : [`${found} ${test.slice(0, test.lastIndexOf("#"))}`];
  });
}
