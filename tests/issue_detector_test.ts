import assert from "node:assert/strict";
import fc from "fast-check";
import postgres from "postgres";
import { addUser, startTestDatabase, type TestDatabase } from "../scripts/testing/database.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import { fingerprintFailure } from "../supabase/functions/_shared/tracking/fingerprint.ts";
import { type Histories, replayHistory, type Run, type Word } from "./support/replay_issues.ts";
import {
  addResults,
  asUser,
  beginRun,
  finishRun,
  ingestRun,
  type ResultRow,
} from "./support/test_tracking.ts";

/** Outcome of a test: passed, skipped, or failed with a message. */
type Did = "ok" | "skip" | { readonly fails: string; readonly status?: "FAIL" | "ERROR" };

const fails = (message: string): Did => ({ fails: message });

function toRows(did: Readonly<Record<string, Did>>): ResultRow[] {
  return Object.entries(did).map(([name, what], ordinal): ResultRow => {
    const test = { ordinal, tool_name: name, class_name: "tests/login_test.ts" };
    if (what === "ok") return { ...test, status: "PASS" };
    if (what === "skip") return { ...test, status: "SKIP" };
    const { fingerprint, version } = fingerprintFailure({
      tool_name: name,
      error_class: "AssertionError",
      error_message: what.fails,
    });
    return {
      ...test,
      status: what.status ?? "FAIL",
      error_class: "AssertionError",
      error_message: what.fails,
      failure_fingerprint: fingerprint,
      fingerprint_version: version,
    };
  });
}

const DAY_MS = 86_400_000;
const NOW = Date.now();
const at = (day: number) => new Date(NOW + day * DAY_MS).toISOString();

/** Suite of one owner. Days of runs are counted from today. */
class Suite {
  constructor(readonly db: TestDatabase, readonly owner: string, readonly suite = "web") {}

  async run(day: number, did: Readonly<Record<string, Did>>, branch = "main"): Promise<number> {
    const run = { suite: this.suite, branch_name: branch, run_timestamp: at(day) };
    return (await ingestRun(this.db, this.owner, run, toRows(did))).run_id;
  }

  async issues() {
    return await this.db.sql<{
      id: string;
      issue_code: string;
      title: string;
      status: string;
      trend: string;
      category: string;
      priority: string;
      affected_tools: string[];
      first: number;
      last: number;
      resolved: number | null;
      hits: number;
      runs: number;
    }[]>`
      select id, issue_code, title, status, trend, category, priority, affected_tools,
        first_detected_run_id::int as first, last_detected_run_id::int as last, resolved_run_id::int as resolved,
        occurrence_count::int as hits, run_count::int as runs
      from public.issues where owner_id = ${this.owner} and suite = ${this.suite} order by id`;
  }

  async issue() {
    const issues = await this.issues();
    assert.equal(issues.length, 1, JSON.stringify(issues));
    const [issue] = issues;
    assert.ok(issue);
    return issue;
  }

  async state(): Promise<string> {
    const { status, trend } = await this.issue();
    return `${status} ${trend}`;
  }

  async history(): Promise<string[]> {
    const { id } = await this.issue();
    const rows = await this.db.sql<{ line: string }[]>`
      select concat_ws(' ', old_status, new_status, trend, changed_by) as line
      from public.issue_status_changes where issue_id = ${id} order by effective_at, id`;
    return rows.map(({ line }) => line);
  }

  /** Sets it with the rights of the owner. */
  async set(status: string): Promise<void> {
    const { id } = await this.issue();
    await asUser(
      this.db,
      this.owner,
      async (sql) => void await sql`update public.issues set status = ${status} where id = ${id}`,
    );
  }
}

Deno.test("the issue detector", async (t) => {
  await using db = await startTestDatabase();
  const newSuite = async () => new Suite(db, await addUser(db));

  await t.step(
    "an issue is new, recurs, is resolved by five clean runs and comes back",
    async () => {
      const suite = await newSuite();
      const first = await suite.run(-20, { login: fails("expected 1, got 2"), logout: "ok" });
      assert.equal(await suite.state(), "OPEN new");
      const second = await suite.run(-19, { login: fails("expected 7, got 9") });
      assert.equal(await suite.state(), "OPEN recurring");
      for (let day = -18; day <= -15; day++) await suite.run(day, { login: "ok" });
      assert.equal(await suite.state(), "OPEN recurring");
      const fifth = await suite.run(-14, { login: "ok" });
      assert.equal(await suite.state(), "RESOLVED resolved");
      assert.equal((await suite.issue()).resolved, fifth);
      await suite.run(-13, { login: "ok" });
      const back = await suite.run(-12, { login: fails("expected 3, got 4") });
      const { issue_code, title, affected_tools, resolved, hits, runs, ...issue } = await suite
        .issue();
      assert.deepEqual([issue.status, issue.trend, issue.first, issue.last], [
        "OPEN",
        "regressed",
        first,
        back,
      ]);
      assert.deepEqual([issue_code, title, resolved, hits, runs], [
        "LOGIN-MEDIUM-001",
        "login: expected 1, got 2",
        null,
        3,
        3,
      ]);
      assert.deepEqual(affected_tools, ["login"]);
      assert.notEqual(first, second);
      assert.deepEqual(await suite.history(), [
        "OPEN new detector",
        "OPEN RESOLVED resolved detector",
        "RESOLVED OPEN regressed detector",
      ]);
      const flow = await db.sql`
        select sum(detected)::int as detected, sum(regressed)::int as regressed, sum(resolved)::int as resolved
        from public.report_issue_flow where owner_id = ${suite.owner}`;
      assert.deepEqual({ ...flow[0] }, { detected: 1, regressed: 1, resolved: 1 });
    },
  );

  await t.step(
    "a run that skips the test, lacks it or fails differently is not clean",
    async () => {
      const suite = await newSuite();
      await suite.run(-30, { login: fails("wrong page"), other: "ok" });
      for (let day = -29; day < -19; day++) await suite.run(day, { login: "skip", other: "ok" });
      for (let day = -19; day < -9; day++) await suite.run(day, { other: "ok" });
      assert.equal(await suite.state(), "OPEN new");
      for (let day = -9; day < -5; day++) await suite.run(day, { login: "ok" });
      await suite.run(-5, { login: fails("another thing altogether") });
      assert.deepEqual((await suite.issues()).map(({ status }) => status), ["OPEN", "OPEN"]);
      const fifth = await suite.run(-4, { login: "ok" });
      assert.deepEqual((await suite.issues()).map((issue) => [issue.status, issue.resolved]), [
        ["RESOLVED", fifth],
        ["OPEN", null],
      ]);
    },
  );

  await t.step("clean runs of another branch do not resolve an issue", async () => {
    const suite = await newSuite();
    await suite.run(-30, { login: fails("wrong page") }, "topic");
    for (let day = -29; day < -20; day++) await suite.run(day, { login: "ok" });
    assert.equal(await suite.state(), "OPEN new");
    for (let day = -20; day < -15; day++) await suite.run(day, { login: "ok" }, "topic");
    assert.equal(await suite.state(), "RESOLVED resolved");
  });

  await t.step(
    "a late hit of an older run is recorded and reopens nothing",
    async () => {
      const suite = await newSuite();
      await suite.run(-20, { login: fails("wrong page") });
      for (let day = -15; day < -10; day++) await suite.run(day, { login: "ok" });
      const { resolved } = await suite.issue();
      const older = await suite.run(-30, { login: fails("wrong page") });
      const issue = await suite.issue();
      assert.deepEqual(
        [issue.status, issue.resolved, issue.first, issue.hits],
        ["RESOLVED", resolved, older, 2],
      );
      // A hit before the clean runs does not interrupt them.
      await suite.run(-18, { login: fails("wrong page") });
      assert.deepEqual(
        [(await suite.issue()).resolved, (await suite.issue()).hits],
        [resolved, 3],
      );
      // A hit between the clean runs: the two before it no longer count.
      await suite.run(-13.5, { login: fails("wrong page") });
      assert.equal(await suite.state(), "OPEN recurring");
    },
  );

  await t.step("an issue with WONT_FIX collects occurrences and keeps its status", async () => {
    const suite = await newSuite();
    await suite.run(-20, { login: fails("wrong page") });
    await suite.set("WONT_FIX");
    await suite.run(1, { login: fails("wrong page") });
    for (let day = 2; day < 9; day++) await suite.run(day, { login: "ok" });
    const last = await suite.run(9, { login: fails("wrong page") });
    const issue = await suite.issue();
    assert.deepEqual([issue.status, issue.hits, issue.last], ["WONT_FIX", 3, last]);
    assert.deepEqual(await suite.history(), [
      "OPEN new detector",
      "OPEN WONT_FIX new owner",
    ]);
  });

  await t.step("an issue stays IN_PROGRESS until clean runs resolve it", async () => {
    const suite = await newSuite();
    await suite.run(-20, { login: fails("wrong page") });
    await suite.set("IN_PROGRESS");
    await suite.run(1, { login: fails("wrong page") });
    assert.equal(await suite.state(), "IN_PROGRESS recurring");
    for (let day = 2; day < 7; day++) await suite.run(day, { login: "ok" });
    assert.equal(await suite.state(), "RESOLVED resolved");
  });

  await t.step(
    "an issue that the owner resolved is reopened by a hit of a later run, not of an earlier one",
    async () => {
      const suite = await newSuite();
      await suite.run(-20, { login: fails("wrong page") });
      await suite.set("RESOLVED");
      const [row] = await db.sql`
        select resolved_at is not null as at from public.issues where owner_id = ${suite.owner}`;
      assert.equal(row?.at, true);
      await suite.run(-1, { login: fails("wrong page") });
      assert.equal(await suite.state(), "RESOLVED resolved");
      await suite.run(1, { login: fails("wrong page") });
      assert.equal(await suite.state(), "OPEN regressed");
      await suite.set("RESOLVED");
      await suite.set("OPEN");
      assert.equal(await suite.state(), "OPEN recurring");
      for (let day = 2; day < 7; day++) await suite.run(day, { login: "ok" });
      assert.equal(await suite.state(), "RESOLVED resolved");
    },
  );

  await t.step("an outage is one issue of the infrastructure", async () => {
    const suite = await newSuite();
    const tests = (count: number, did: Did) =>
      Object.fromEntries(
        Array.from(
          { length: 10 },
          (_, index) => [`t${index}`, index < count ? did : "ok"] as const,
        ),
      );
    await suite.run(-20, tests(8, fails("wrong page")));
    const issue = await suite.issue();
    assert.deepEqual(
      [issue.category, issue.priority, issue.issue_code, issue.hits, issue.affected_tools],
      ["test_infrastructure", "CRITICAL", "WEB-CRITICAL-001", 1, []],
    );
    await suite.run(-19, { t0: "ok" });
    for (let day = -18; day < -13; day++) await suite.run(day, tests(0, "ok"));
    assert.equal(await suite.state(), "RESOLVED resolved");
    // 7 of 10 failures are below the share, and 4 tests are too few for an outage.
    await suite.run(-12, tests(7, fails("wrong page")));
    assert.deepEqual(
      (await suite.issues()).map(({ title, affected_tools }) => [
        title,
        affected_tools.length,
      ]),
      [["Most of a run failed at once", 0], ["wrong page", 7]],
    );
    const small = await newSuite();
    await small.run(-12, { a: fails("x y"), b: fails("x y"), c: fails("x y"), d: fails("x y") });
    assert.equal((await small.issue()).category, "production");
  });

  await t.step(
    "a known failure is one issue across tests, and the owner's patterns come first",
    async () => {
      const suite = await newSuite();
      await suite.run(-9, {
        a: fails("HTTP 429 too many requests"),
        b: fails("RateLimitError: slow down"),
        c: fails("connect ECONNREFUSED 127.0.0.1:8080"),
        d: fails("HTTP 404 while looking for 429 things"),
        g: fails("expected status 401, got 200"),
        h: fails("Expected: HTTP 429\nReceived: HTTP 200"),
        e: "ok",
        f: "ok",
        i: "ok",
      });
      const byTitle = async () =>
        (await suite.issues()).map(({ title, category, affected_tools }) =>
          `${title} | ${category} | ${affected_tools}`
        );
      assert.deepEqual(await byTitle(), [
        "A provider's rate limit was reached (429) | test_infrastructure | a,b",
        "A connection was refused: connect ECONNREFUSED 127.0.0.1:8080 | test_infrastructure | c",
        "d: HTTP 404 while looking for 429 things | production | d",
        "g: expected status 401, got 200 | production | g",
        "h: Expected: HTTP 429 | production | h",
      ]);
      await asUser(db, suite.owner, async (sql) =>
        void await sql`
      insert into public.known_failures (name, pattern, category, priority, title)
      values ('slow down', 'slow\\s+down', 'production', 'LOW', 'We are told to slow down')`);
      await suite.run(-8, { b: fails("RateLimitError: slow  down"), e: "ok", f: "ok" });
      assert.equal((await byTitle()).at(-1), "We are told to slow down | production | b");
      const other = await newSuite();
      await other.run(-8, { b: fails("please slow down"), e: "ok" });
      assert.equal((await other.issue()).title, "b: please slow down");
      for (const pattern of ["(", "(a)\\1", "(?=a)b"]) {
        await assert.rejects(
          asUser(db, suite.owner, async (sql) =>
            void await sql`
          insert into public.known_failures (name, pattern, category, priority, title)
          values ('x', ${pattern}, 'production', 'LOW', 'x')`),
          (error) => error instanceof postgres.PostgresError,
        );
      }
    },
  );

  await t.step("a known failure that is a symptom is one issue for each cause", async () => {
    const suite = await newSuite();
    await suite.run(-9, {
      a: fails("page.click: timed out waiting for #pay"),
      b: fails("page.click: timed out waiting for #pay"),
      c: fails("page.click: timed out waiting for #menu"),
      z: "ok",
    });
    assert.deepEqual(
      (await suite.issues()).map(({ title, affected_tools }) => [title, affected_tools]),
      [
        ["Something exceeded its time limit: page.click: timed out waiting for #pay", ["a", "b"]],
        ["Something exceeded its time limit: page.click: timed out waiting for #menu", ["c"]],
      ],
    );
    for (let day = -8; day < -3; day++) await suite.run(day, { b: "ok", c: "skip", z: "ok" });
    assert.deepEqual((await suite.issues()).map(({ status }) => status), ["RESOLVED", "OPEN"]);
  });

  await t.step("HTTP 404 and 500 are two issues, two ports are one", async () => {
    const suite = await newSuite();
    await suite.run(-9, { a: fails("GET http://x:1/ said HTTP 404"), z: "ok" });
    await suite.run(-8, { a: fails("GET http://x:2/ said HTTP 404"), z: "ok" });
    await suite.run(-7, { a: fails("GET http://x:2/ said HTTP 500"), z: "ok" });
    assert.deepEqual((await suite.issues()).map(({ trend }) => trend), ["recurring", "new"]);
  });

  await t.step("issues continue under new masking rules", async () => {
    const suite = await newSuite();
    await suite.run(-9, { a: fails("expected 3 rows"), z: "ok" });
    const rows = toRows({ a: fails("expected 5 rows"), z: "ok" }).map((row) =>
      row.status === "FAIL"
        ? { ...row, failure_fingerprint: "ab".repeat(32), fingerprint_version: 99 }
        : row
    );
    await ingestRun(db, suite.owner, { suite: "web", run_timestamp: at(-8) }, rows);
    assert.equal(await suite.state(), "OPEN recurring");
  });

  await t.step("issue codes have area and priority and are numbered without gaps", async () => {
    const suite = await newSuite();
    const areas: readonly [name: string, area: string][] = [
      ["tests/chat_wall_test.ts", "CHAT-WALL"],
      ["com.acme.billing.InvoiceTest", "INVOICE"],
      ["tests.unit.test_auth", "AUTH"],
      ["TestLogin", "LOGIN"],
      ["phase2", "PHASE2"],
      ["supabase/functions/report/handler_test.ts", "HANDLER"],
      ["Prüfung > läuft", "PR-FUNG"],
      ["test", "TEST"],
      ["…", "TEST"],
    ];
    for (const [name, area] of areas) {
      const [row] = await db.sql`select private.name_area(${name}) as area`;
      assert.equal(row?.area, area, name);
    }
    await suite.run(-9, { a: fails("one"), b: fails("two"), z: "ok" });
    const error: Did = { fails: "three", status: "ERROR" };
    await suite.run(-8, { a: error, b: fails("four"), c: fails("five"), z: "ok" });
    assert.deepEqual((await suite.issues()).map(({ issue_code }) => issue_code), [
      "LOGIN-MEDIUM-001",
      "LOGIN-MEDIUM-002",
      "LOGIN-HIGH-001",
      "LOGIN-MEDIUM-003",
      "LOGIN-MEDIUM-004",
    ]);
  });

  await t.step("the detector never assigns a code of an imported checklist", async () => {
    const suite = await newSuite();
    const listed = ["LOGIN-MEDIUM-001", "LOGIN-MEDIUM-0007", "LOGIN-MEDIUM-99999999999"];
    await db.workers`select public.import_issues(${suite.owner}, ${
      db.workers.json(listed.map((issue_code) => ({ issue_code, title: "by hand" })))
    })`;
    await suite.run(-9, { a: fails("one"), b: fails("two"), z: "ok" });
    const codes = (await suite.issues()).map(({ issue_code }) => issue_code);
    assert.deepEqual(codes.filter((code) => !listed.includes(code)), [
      "LOGIN-MEDIUM-008",
      "LOGIN-MEDIUM-009",
    ]);
  });

  await t.step("a change by the owner is no occurrence of the issue", async () => {
    const suite = await newSuite();
    await suite.run(-20, { a: fails("one"), z: "ok" });
    for (let day = -19; day < -14; day++) await suite.run(day, { a: "ok", z: "ok" });
    await suite.run(-10, { a: fails("one"), z: "ok" });
    await suite.set("IN_PROGRESS");
    await suite.set("WONT_FIX");
    const [flow] = await db.sql`
      select sum(detected)::int as detected, sum(regressed)::int as regressed, sum(resolved)::int as resolved
      from public.report_issue_flow where owner_id = ${suite.owner}`;
    assert.deepEqual({ ...flow }, { detected: 1, regressed: 1, resolved: 1 });
    const [issue] = await db.sql`
      select regressions::int from public.report_issue_resolution where owner_id = ${suite.owner}`;
    assert.equal(issue?.regressions, 1);
  });

  await t.step(
    "concurrent runs are processed one after the other, and each issue is created once",
    async () => {
      const owner = await addUser(db);
      const suites = ["one", "two"];
      await Promise.all(
        Array.from(
          { length: 12 },
          (_, index) =>
            new Suite(db, owner, suites[index % 2] ?? "").run(-20 + index, {
              login: fails("wrong page"),
              [`t${index}`]: fails(`odd ${"abcdefghijkl".charAt(index)}`),
              z: "ok",
            }),
        ),
      );
      const codes: string[] = [];
      for (const name of suites) {
        const issues = await new Suite(db, owner, name).issues();
        codes.push(...issues.map(({ issue_code }) => issue_code));
        assert.deepEqual(issues.map(({ hits }) => hits).toSorted(), [1, 1, 1, 1, 1, 1, 6]);
      }
      assert.deepEqual(
        codes.toSorted(),
        Array.from(
          { length: 14 },
          (_, index) => `LOGIN-MEDIUM-${String(index + 1).padStart(3, "0")}`,
        ),
      );
    },
  );

  await t.step("a status that the owner sets while a run is processed is not lost", async () => {
    const suite = await newSuite();
    await suite.run(-20, { login: fails("wrong page") });
    const judged = Promise.withResolvers<number>();
    await asUser(db, suite.owner, async (sql) => {
      await sql`update public.issues set status = 'RESOLVED'`;
      suite.run(-1, { login: fails("wrong page") }).then(judged.resolve, judged.reject);
      await waitFor("the run waits for its issue", async () => {
        const rows = await db.sql`
          select from pg_stat_activity
          where wait_event_type = 'Lock' and query like '%close_test_report%' and pid <> pg_backend_pid()`;
        return rows.length === 1;
      });
    });
    await judged.promise;
    const issue = await suite.issue();
    assert.deepEqual([issue.status, issue.trend, issue.hits], ["RESOLVED", "resolved", 2]);
    await suite.run(1, { login: fails("wrong page") });
    assert.equal(await suite.state(), "OPEN regressed");
  });

  await t.step("aborted and running runs do not affect issues", async () => {
    const suite = await newSuite();
    const rows = toRows({ login: fails("wrong page"), z: "ok" });
    const { run_id } = await beginRun(db, suite.owner, { suite: "web" });
    await addResults(db, suite.owner, run_id, rows);
    assert.deepEqual([...await suite.issues()], []);
    await finishRun(db, suite.owner, run_id, "aborted");
    assert.deepEqual([...await suite.issues()], []);
  });

  await t.step("after a run is deleted, issues follow from the other runs", async () => {
    const suite = await newSuite();
    await suite.run(-20, { login: fails("wrong page") });
    for (let day = -19; day < -14; day++) await suite.run(day, { login: "ok" });
    const back = await suite.run(-10, { login: fails("wrong page"), pay: fails("too dear") });
    assert.equal((await suite.issues()).length, 2);
    const remove = (run: number) =>
      asUser(
        db,
        suite.owner,
        async (sql) => void await sql`delete from public.test_runs where id = ${run}`,
      );
    await remove(back);
    const issue = await suite.issue();
    assert.deepEqual([issue.status, issue.hits, issue.runs], ["RESOLVED", 1, 1]);
    assert.deepEqual(await suite.history(), [
      "OPEN new detector",
      "OPEN RESOLVED resolved detector",
    ]);
    assert.ok(issue.resolved);
    await remove(issue.resolved);
    assert.equal(await suite.state(), "OPEN new");
    await db.sql`delete from auth.users where id = ${suite.owner}`;
    assert.deepEqual([...await suite.issues()], []);
  });

  await t.step("a title or priority that the owner changed is kept", async () => {
    const suite = await newSuite();
    await suite.run(-20, { login: fails("wrong page 1") });
    await asUser(db, suite.owner, async (sql) =>
      void await sql`
      update public.issues set title = 'Login shows the wrong page' where owner_id = ${suite.owner}`);
    const rows = toRows({ login: { fails: "wrong page 2", status: "ERROR" } });
    await ingestRun(db, suite.owner, { suite: "web", run_timestamp: at(-30) }, rows);
    const { title, priority } = await suite.issue();
    assert.deepEqual([title, priority], ["Login shows the wrong page", "HIGH"]);
  });

  await t.step("repeating the detection changes nothing", async () => {
    const suite = await newSuite();
    await suite.run(-20, { login: fails("wrong page") });
    const run = await suite.run(-19, { login: "ok" });
    const before = await db.sql`select * from public.issues where owner_id = ${suite.owner}`;
    const [state] = await db.sql`
      select head from private.issue_states where issue_id = ${before[0]?.id}`;
    await db.workers`select private.detect_issues(${run})`;
    assert.deepEqual(
      [...await db.sql`select * from public.issues where owner_id = ${suite.owner}`],
      [
        ...before,
      ],
    );
    const [again] = await db.sql`
      select head from private.issue_states where issue_id = ${before[0]?.id}`;
    assert.deepEqual(again, state);
  });

  // Few tests and days, so that short histories have resolutions, regressions and outages.
  await db.sql`update private.tracking_settings set clean_runs = 2, outage_tests = 3`;

  await t.step(
    "any order of arrival leads to the same issues, which equal those of a simple model",
    async () => {
      await fc.assert(
        fc.asyncProperty(histories(), async ({ runs, early, words, orders }) => {
          const ends: unknown[] = [];
          for (const order of orders) {
            const suite = new Suite(db, await addUser(db));
            const byOrder = runs.toSorted((a, b) => (order[a.name] ?? 0) - (order[b.name] ?? 0));
            const ids = new Map<number, string>();
            for (const run of byOrder.filter(({ name }) => early.has(name))) {
              ids.set(await arrive(suite, run), run.name);
            }
            const said: Word[] = [];
            for (const [index, issue] of (await suite.issues()).toSorted(byTitle).entries()) {
              const word = words[index];
              if (word === undefined || word === issue.status) continue;
              await asUser(
                db,
                suite.owner,
                async (sql) =>
                  void await sql`update public.issues set status = ${word} where id = ${issue.id}`,
              );
              said.push({ title: issue.title, status: word });
            }
            for (const run of byOrder.filter(({ name }) => !early.has(name))) {
              ids.set(await arrive(suite, run), run.name);
            }
            const end = await readEnd(suite, ids);
            const sorted = await inOrder(suite, runs, ids);
            assert.deepEqual(
              end.map(({ key: _key, priority: _priority, codes: _codes, ...issue }) => issue),
              replayHistory(sorted, said, { cleanRuns: 2, outageTests: 3, outageShare: 0.8 }),
            );
            ends.push(end);
          }
          assert.deepEqual(ends[1], ends[0]);
        }),
        { numRuns: 15 },
      );
    },
  );

  await t.step(
    "pruning changes no status, no count and no occurrence date, at once or later",
    async () => {
      await fc.assert(
        fc.asyncProperty(histories(), fc.integer({ min: 1, max: 6 }), async (given, keep) => {
          const { runs, early, words, orders: [order] } = given;
          const ends: unknown[] = [];
          const kept = new Suite(db, await addUser(db));
          const pruned = new Suite(db, await addUser(db));
          const prune = async () => {
            await db.workers`select private.prune_suite(${pruned.owner}, 'web', ${keep})`;
            const [row] = await db.sql<{ at: Date }[]>`
            select run_timestamp as at from private.tracking_horizons where owner_id = ${pruned.owner}`;
            return row?.at.getTime() ?? -Infinity;
          };
          const byOrder = runs.toSorted((a, b) => (order?.[a.name] ?? 0) - (order?.[b.name] ?? 0));
          const first = byOrder.filter(({ name }) => early.has(name));
          for (const suite of [kept, pruned]) {
            for (const run of first) await arrive(suite, run);
          }
          await prune();
          for (const suite of [kept, pruned]) {
            for (const [index, issue] of (await suite.issues()).toSorted(byTitle).entries()) {
              const word = words[index];
              if (word === undefined) continue;
              await asUser(
                db,
                suite.owner,
                async (sql) =>
                  void await sql`update public.issues set status = ${word} where id = ${issue.id}`,
              );
            }
          }
          const horizon = await prune();
          const later = byOrder.filter(({ name, day }) =>
            !early.has(name) && Date.parse(at(day)) > horizon
          );
          for (const [index, run] of later.entries()) {
            await arrive(kept, run);
            await arrive(pruned, run);
            // Prunes once in between, so that later runs meet only baselines.
            if (index === later.length - 1) await prune();
          }
          for (const suite of [kept, pruned]) ends.push(await readLasting(suite));
          assert.deepEqual(ends[1], ends[0]);
          const [left] = await db.sql`
          select count(*)::int as runs from public.test_runs where owner_id = ${pruned.owner}`;
          assert.ok(left?.runs <= keep, `${left?.runs} of ${keep}`);
        }),
        { numRuns: 15 },
      );
    },
  );

  await t.step("retention keeps the configured number of runs of each suite", async () => {
    await db.sql`update private.tracking_settings set keep_runs = 3`;
    const suite = await newSuite();
    for (let day = -9; day < -2; day++) await suite.run(day, { login: "ok" });
    const other = new Suite(db, suite.owner, "api");
    await other.run(-90, { login: "ok" });
    // Two runs that never ended: one of over a week ago and one of now.
    const begin = () =>
      beginRun(db, suite.owner, { suite: "web", run_timestamp: at(-20) }).then(({ run_id }) =>
        run_id
      );
    const [forgotten, going] = [await begin(), await begin()];
    await db.sql`
      update public.test_runs set created_at = now() - interval '8 days' where id = ${forgotten}`;
    await db.workers`select private.prune_test_runs()`;
    const rows = await db.sql`
      select suite, count(*)::int as runs from public.test_runs where owner_id = ${suite.owner}
      group by suite order by suite`;
    assert.deepEqual([...rows], [{ suite: "api", runs: 1 }, { suite: "web", runs: 4 }]);
    const open = await db.sql`
      select id::int as id from public.test_runs
      where owner_id = ${suite.owner} and status = 'running'`;
    assert.deepEqual([...open], [{ id: going }]);
    const [job] = await db.sql`select command from cron.job where jobname = 'prune-test-runs'`;
    assert.match(job?.command, /prune_test_runs/);
  });
});

const byTitle = (a: { readonly title: string }, b: { readonly title: string }) =>
  a.title < b.title ? -1 : a.title > b.title ? 1 : 0;

/** Generates runs, statuses that the owner sets in between, and two orders of arrival. */
function histories(): fc.Arbitrary<Histories> {
  const did = fc.constantFrom(
    ...["ok", "ok", "ok", "ok", "skip", "absent", "red", "red", "blue"] as const,
  );
  const run = fc.record({
    day: fc.oneof(
      fc.integer({ min: -12, max: -1 }),
      fc.integer({ min: 1, max: 8 }),
    ),
    branch: fc.constantFrom("main", "main", "topic"),
    did: fc.record({ a: did, b: did, c: did }),
    inBatches: fc.boolean(),
  });
  return fc.array(run, { minLength: 2, maxLength: 16 }).chain((given) => {
    const runs = given.map((run, index): Run => ({ ...run, name: `run ${index}` }));
    const order = fc.array(fc.nat(), { minLength: runs.length, maxLength: runs.length })
      .map((keys) => Object.fromEntries(runs.map(({ name }, index) => [name, keys[index] ?? 0])));
    return fc.record({
      runs: fc.constant(runs),
      early: fc.subarray(runs.filter(({ day }) => day < 0).map(({ name }) => name))
        .map((names) => new Set(names)),
      words: fc.array(fc.constantFrom("OPEN", "IN_PROGRESS", "RESOLVED", "RESOLVED", "WONT_FIX"), {
        minLength: 3,
        maxLength: 6,
      }),
      // One order is often chronological, so that each run is one step and no replay.
      orders: fc.tuple(
        order,
        fc.oneof(
          order,
          fc.constant(Object.fromEntries(runs.map(({ name, day }) => [name, day] as const))),
        ),
      ),
    });
  });
}

async function arrive(suite: Suite, { name, day, branch, did, inBatches }: Run): Promise<number> {
  const rows = toRows(Object.fromEntries(
    Object.entries(did).flatMap(([test, what]) =>
      what === "absent"
        ? []
        : [[test, what === "ok" || what === "skip" ? what : fails(`${what} ${day}`)] as const]
    ),
  ));
  const run = { suite: "web", branch_name: branch, run_timestamp: at(day) };
  if (!inBatches) return (await ingestRun(suite.db, suite.owner, run, rows, name)).run_id;
  const { run_id } = await beginRun(suite.db, suite.owner, run, name);
  if (rows.length > 0) {
    await addResults(suite.db, suite.owner, run_id, rows.slice(1));
    await addResults(suite.db, suite.owner, run_id, rows.slice(0, 1));
  }
  await finishRun(suite.db, suite.owner, run_id);
  return run_id;
}

/** Sorts runs like the database: runs of the same time by their content. */
async function inOrder(
  suite: Suite,
  runs: readonly Run[],
  ids: ReadonlyMap<number, string>,
): Promise<Run[]> {
  const rows = await suite.db.sql<{ id: number; at: Date }[]>`
    select run_id::int as id, run_timestamp as at from private.judged_runs
    where owner_id = ${suite.owner} order by run_timestamp, tie`;
  assert.deepEqual(
    rows.map(({ at }) => at.getTime()),
    rows.map(({ at }) => at.getTime()).toSorted((a, b) => a - b),
  );
  return rows.flatMap(({ id }) => runs.find(({ name }) => name === ids.get(id)) ?? []);
}

/** Reads everything about a suite's issues except ids, numbers of codes and times of writing. */
async function readEnd(suite: Suite, ids: ReadonlyMap<number, string>) {
  const rows = await suite.db.sql<{
    key: string;
    code: string;
    title: string;
    status: string;
    trend: string;
    priority: string;
    tools: string[];
    first: number;
    last: number;
    resolved: number | null;
    is_resolved: boolean;
    hits: number;
    runs: number;
    history: { status: string; trend: string; by: string; run: number | null }[];
  }[]>`
    select i.detection_key as key, regexp_replace(i.issue_code, '[0-9]+$', '') as code, i.title, i.status, i.trend,
      i.priority, i.affected_tools as tools, i.first_detected_run_id::int as first,
      i.last_detected_run_id::int as last, i.resolved_run_id::int as resolved, i.resolved_at is not null as is_resolved,
      i.occurrence_count::int as hits, i.run_count::int as runs, h.history
    from public.issues i
    cross join lateral (
      select jsonb_agg(jsonb_build_object('status', c.new_status, 'trend', c.trend, 'by', c.changed_by, 'run', c.run_id)
        order by c.effective_at, coalesce(j.tie, '~'), c.id) as history
      from public.issue_status_changes c left join private.judged_runs j on j.run_id = c.run_id
      where c.issue_id = i.id
    ) h
    where i.owner_id = ${suite.owner}`;
  const name = (id: number | null) => id === null ? null : ids.get(id) ?? "?";
  return rows.toSorted(byTitle).map(({ code, first, last, resolved, history, ...row }) => ({
    ...row,
    codes: code,
    first: name(first),
    last: name(last),
    resolved: name(resolved),
    // Statuses of the owner are given to the model, which computes the rest.
    history: history.filter(({ by }) => by === "detector")
      .map(({ status, trend, run }) => `${status} ${trend} ${name(run)}`),
  }));
}

/** Removes the runs themselves, which pruning may change. */
async function readLasting(suite: Suite) {
  const rows = await suite.db.sql<{ title: string }[]>`
    select i.title, i.description, i.status, i.trend, i.priority, i.category, i.affected_tools,
      i.first_detected_at, i.last_detected_at, i.resolved_at is not null as is_resolved,
      i.occurrence_count, i.run_count, h.history
    from public.issues i
    cross join lateral (
      select jsonb_agg(jsonb_build_object('status', c.new_status, 'trend', c.trend,
        'at', case when c.changed_by = 'detector' then c.effective_at end) order by c.effective_at, c.new_status)
        as history
      from public.issue_status_changes c where c.issue_id = i.id
    ) h
    where i.owner_id = ${suite.owner}`;
  return rows.map((row) => ({ ...row })).toSorted(byTitle);
}
