import assert from "node:assert/strict";
import { join } from "node:path";
import { trackTests } from "../scripts/demo/track_tests.ts";
import { TestStack } from "../scripts/testing/stack.ts";
import { waitFor } from "../scripts/testing/wait_for.ts";
import { Problem, renderProblem } from "../supabase/functions/_shared/platform/http/problem.ts";
import { countReport } from "./support/count_report.ts";
import { addTester, Gate, startTracking, type Tester, track } from "./support/track.ts";

const SAMPLES = join(import.meta.dirname ?? ".", "../examples/test-reports");
const test = await TestStack.start();
Deno.test.afterAll(async () => await test[Symbol.asyncDispose]());

/** Temporary folder of one test. */
async function makeFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "modelpick-track-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

function junit(suite: string, ...failing: readonly boolean[]): string {
  const cases = failing.map((fails, index) =>
    `<testcase name="test ${index}" classname="c">${
      fails ? `<failure message="Error: no ${suite}"/>` : ""
    }</testcase>`
  );
  return `<testsuites name="${suite}">${cases.join("")}</testsuites>`;
}

async function list(folder: string): Promise<string[]> {
  return await Array.fromAsync(Deno.readDir(folder), ({ name }) => name)
    .then((names) => names.filter((name) => name.endsWith(".json")).sort(), () => []);
}

async function runsOf({ id }: Tester) {
  return await test.sql<{
    id: string;
    suite: string;
    source_format: string;
    total: number;
    passed: number;
    failed: number;
    skipped: number;
  }[]>`
    select id, suite, source_format, total_tests::int as total, tests_passed::int as passed,
      tests_failed::int as failed, tests_skipped::int as skipped
    from public.test_runs where owner_id = ${id} order by id`;
}

async function importIssues(
  who: Tester | null,
  issues: readonly Record<string, unknown>[],
): Promise<{ status: number; body: Record<string, unknown> }> {
  const { data } = await who?.client.auth.getSession() ?? { data: { session: null } };
  const response = await fetch(`${test.stack.apiUrl}/functions/v1/test-runs/issues`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...data.session === null ? {} : { authorization: `Bearer ${data.session.access_token}` },
    },
    body: JSON.stringify({ issues }),
  });
  return { status: response.status, body: await response.json() };
}

Deno.test("every sample report is stored once, with the totals of its file", async () => {
  await using folder = await makeFolder();
  const tester = await addTester(test);
  const files = Array.from(Deno.readDirSync(SAMPLES)).filter(({ isFile, name }) =>
    isFile && /\.(xml|json)$/.test(name)
  ).map(({ name }) => join(SAMPLES, name));
  // Each suite is named after its file.
  for (const file of files) {
    const suite = file.slice(SAMPLES.length + 1);
    const { code, stderr } = await track(folder.path, tester.env, "ingest", file, "--suite", suite);
    assert.equal(code, 0, stderr);
  }
  const runs = await runsOf(tester);
  assert.equal(runs.length, files.length);
  for (const file of files) {
    const run = runs.find(({ suite }) => suite === file.slice(SAMPLES.length + 1));
    const { total, passed, failed, skipped } = countReport(await Deno.readTextFile(file));
    assert.deepEqual(
      [run?.total, run?.passed, run?.failed, run?.skipped],
      [total, passed, failed, skipped],
      file,
    );
    assert.equal(run?.source_format, file.endsWith(".xml") ? "junit" : "ctrf");
  }
  assert.equal((await list(join(folder.path, "results/latest"))).length, files.length);
  const archive = await list(join(folder.path, "results/archive"));
  assert.equal(archive.length, files.length);
  // The archive recreates the history in another account, and adds nothing to this one.
  const other = await addTester(test);
  const archived = archive.map((name) => join(folder.path, "results/archive", name));
  for (const who of [tester, other]) await track(folder.path, who.env, "ingest", ...archived);
  const plain = (all: Awaited<ReturnType<typeof runsOf>>) =>
    all.map(({ id: _, ...run }) => run).toSorted((a, b) => a.suite < b.suite ? -1 : 1);
  assert.deepEqual(plain(await runsOf(tester)), plain(runs));
  assert.deepEqual(plain(await runsOf(other)), plain(runs));
});

Deno.test("an unreadable file is reported with line and column, and nothing of it is stored", async () => {
  await using folder = await makeFolder();
  const tester = await addTester(test);
  const file = join(SAMPLES, "refused/truncated.xml");
  const { code, stderr } = await track(folder.path, tester.env, "ingest", file, "missing.xml");
  assert.equal(code, 1);
  assert.match(stderr, /truncated\.xml: \d+:\d+: .*junit\.malformed/);
  assert.match(stderr, /missing\.xml: There is no such file/);
  assert.equal((await runsOf(tester)).length, 0);
  assert.deepEqual(await list(join(folder.path, "results/archive")), []);
});

Deno.test("`run` stores the suite's report and exits with the suite's code", async () => {
  await using folder = await makeFolder();
  const tester = await addTester(test);
  await Deno.mkdir(join(folder.path, "out"));
  await Deno.writeTextFile(join(folder.path, "out/old.xml"), junit("old", true));
  await Deno.writeTextFile(join(folder.path, "tsconfig.json"), "{}");
  const suite = `Deno.writeTextFileSync("out/new.xml", ${
    JSON.stringify(junit("fresh", false, true))
  }); Deno.writeTextFileSync("package.json", '{"name": "x"}'); Deno.exit(3);`;
  const args = ["run", "--commit", "abc1234", "--", Deno.execPath(), "eval", suite];
  for (let time = 0; time < 2; time++) {
    const { code, stdout, stderr } = await track(folder.path, tester.env, ...args);
    assert.equal(code, 3, stderr);
    assert.match(stdout, /fresh on .*: 2 tests, 1 passed, 1 failed/);
  }
  // The suite was started twice, so the same bytes are two runs.
  assert.deepEqual((await runsOf(tester)).map(({ suite }) => suite), ["fresh", "fresh"]);
  const missing = await track(folder.path, tester.env, "run", "--", "no-such-command");
  assert.equal(missing.code, 127);
  assert.match(missing.stderr, /no readable report/);
});

Deno.test("runs wait while the database is unavailable and are sent once, in order, at the next call", async () => {
  await using folder = await makeFolder();
  const tester = await addTester(test);
  await using gate = new Gate(test.stack.apiUrl);
  const env = { ...tester.env, TRACK_URL: gate.url };
  const nowhere = { ...tester.env, TRACK_URL: "http://127.0.0.1:1" };
  for (const [index, place] of [nowhere, env, env].entries()) {
    gate.mode = "closed";
    const name = `night-${index}.xml`;
    await Deno.writeTextFile(join(folder.path, name), junit(`night ${index}`, index === 1));
    const { code, stderr } = await track(folder.path, place, "ingest", name);
    assert.equal(code, 0);
    assert.match(stderr, /unavailable/);
  }
  assert.equal((await list(join(folder.path, "results/spool"))).length, 3);
  assert.equal((await list(join(folder.path, "results/latest"))).length, 3);
  gate.mode = "open";
  gate.arrived.length = 0;
  // Ingesting the same file again adds no run.
  const { stdout } = await track(folder.path, env, "ingest", "night-1.xml");
  assert.match(stdout, /2 waiting runs were sent/);
  assert.deepEqual((await runsOf(tester)).map(({ suite }) => suite), [
    ...["night 0", "night 1", "night 2"],
  ]);
  assert.equal(gate.arrived.length, 3);
  assert.deepEqual(await list(join(folder.path, "results/spool")), []);
});

Deno.test("a run is neither lost nor doubled if the process is killed before or after sending it", async () => {
  for (const mode of ["hold request", "hold answer"] as const) {
    await using folder = await makeFolder();
    const tester = await addTester(test);
    await using gate = new Gate(test.stack.apiUrl);
    const env = { ...tester.env, TRACK_URL: gate.url };
    await Deno.writeTextFile(join(folder.path, "a.xml"), junit("a", false));
    gate.mode = mode;
    const killed = startTracking(folder.path, env, "ingest", "a.xml");
    await waitFor(
      "the report to be on its way",
      () => Promise.resolve(mode === "hold request" ? gate.arrived.length > 0 : gate.answered > 0),
    );
    killed.process.kill("SIGKILL");
    await killed.ended;
    assert.equal((await list(join(folder.path, "results/spool"))).length, 1);
    assert.equal((await runsOf(tester)).length, mode === "hold answer" ? 1 : 0);
    gate.mode = "open";
    const { code } = await track(folder.path, env, "ingest");
    assert.equal(code, 1, "files are asked for");
    await track(folder.path, env, "report", "issues");
    assert.deepEqual((await runsOf(tester)).map(({ suite, total }) => [suite, total]), [["a", 1]]);
    assert.deepEqual(await list(join(folder.path, "results/spool")), []);
  }
});

Deno.test("a run is complete even if the process is killed at its first file", async () => {
  for (const stage of ["spool", "archive", "latest"]) {
    await using folder = await makeFolder();
    const tester = await addTester(test);
    await Deno.writeTextFile(join(folder.path, "a.xml"), junit("a", false, true));
    const results = join(folder.path, "results");
    const killed = startTracking(folder.path, tester.env, "ingest", "a.xml");
    let hasEnded = false;
    const ended = killed.ended.then(() => hasEnded = true);
    // A file may leave the spool at any time.
    await waitFor(
      `a file in ${stage}, or the end`,
      async () => hasEnded || (await list(join(results, stage))).length > 0,
    );
    try {
      killed.process.kill("SIGKILL");
    } catch {
      // The process ended first.
    }
    await ended;
    await track(folder.path, tester.env, "report", "issues");
    assert.deepEqual((await runsOf(tester)).map(({ total, failed }) => [total, failed]), [[2, 1]]);
    for (const made of ["archive", "latest"]) {
      assert.equal((await list(join(results, made))).length, 1, `${made} after ${stage}`);
    }
    assert.deepEqual(await list(join(results, "spool")), []);
  }
});

Deno.test("two concurrent calls send each waiting run once, in order", async () => {
  await using folder = await makeFolder();
  const tester = await addTester(test);
  await using gate = new Gate(test.stack.apiUrl);
  const env = { ...tester.env, TRACK_URL: gate.url };
  gate.mode = "closed";
  const names = Array.from({ length: 6 }, (_, index) => `r${index}.xml`);
  for (const name of names) {
    await Deno.writeTextFile(join(folder.path, name), junit(name, false));
  }
  // Runs of the same time keep the order of the arguments.
  await track(folder.path, env, "ingest", "--timestamp", "2026-11-01T00:00:00Z", ...names);
  gate.mode = "open";
  gate.arrived.length = 0;
  await Promise.all([1, 2].map(() => track(folder.path, env, "report", "issues")));
  assert.deepEqual((await runsOf(tester)).map(({ suite }) => suite), names);
  assert.equal(gate.arrived.length, names.length);
});

Deno.test("a refused report is set aside and does not delay others", async () => {
  await using folder = await makeFolder();
  const tester = await addTester(test);
  // The sum is out of range of its column.
  const results = Array.from(
    { length: 101 },
    () => ({ tool_name: "a", status: "PASS", duration_secs: 9_999_999 }),
  );
  await Deno.writeTextFile(
    join(folder.path, "bad.json"),
    JSON.stringify({ suite: "bad", run_timestamp: "2026-11-01T00:00:00Z", results }),
  );
  await Deno.writeTextFile(join(folder.path, "good.xml"), junit("good", false));
  const { code, stderr } = await track(folder.path, tester.env, "ingest", "bad.json", "good.xml");
  assert.equal(code, 1);
  assert.match(stderr, /bad.* was refused: 4/);
  assert.deepEqual((await runsOf(tester)).map(({ suite }) => suite), ["good"]);
  assert.equal((await list(join(folder.path, "results/spool/refused"))).length, 1);
  assert.deepEqual(await list(join(folder.path, "results/spool")), []);
});

Deno.test("`watch` stores a report once it is complete", async () => {
  await using folder = await makeFolder();
  const tester = await addTester(test);
  await Deno.mkdir(join(folder.path, "reports"));
  const watching = startTracking(folder.path, tester.env, "watch", "reports", "--settle", "1000");
  // The watcher runs once this report has arrived. It may have to be written several times.
  await waitFor("the first run", async () => {
    await Deno.writeTextFile(join(folder.path, "reports/first.xml"), junit("first", false));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return (await runsOf(tester)).length > 0;
  });
  const text = junit("seen", false, true);
  const file = join(folder.path, "reports/r.xml");
  await Deno.writeTextFile(file, text.slice(0, 40));
  await Deno.writeTextFile(file, text.slice(40), { append: true });
  await waitFor("the run", async () => (await runsOf(tester)).length > 1);
  watching.process.kill("SIGINT");
  const { code, stderr } = await watching.ended;
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /r\.xml/);
  assert.deepEqual((await runsOf(tester)).map(({ suite, total }) => [suite, total]), [
    ["first", 1],
    ["seen", 2],
  ]);
});

Deno.test("a checklist becomes issues of its owner, however often it is imported", async () => {
  await using folder = await makeFolder();
  const [owner, other] = [await addTester(test), await addTester(test)];
  const file = join(SAMPLES, "ISSUES_CHECKLIST.md");
  const first = await track(folder.path, owner.env, "backfill", file, "--suite", "validation");
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /4 issues, 4 added, 0 changed, 0 known already; 3 lines/);
  assert.match(first.stderr, /ISSUES_CHECKLIST\.md:\d+: no issue code: .*sixth runner/);
  const again = await track(folder.path, owner.env, "backfill", file, "--suite", "validation");
  assert.match(again.stdout, /0 added, 0 changed, 4 known already/);
  const read = (who: Tester) =>
    who.client.from("issues")
      .select(
        "issue_code, suite, priority, category, status, affected_tools, root_cause, resolution",
      )
      .order("issue_code");
  const { data } = await read(owner);
  assert.deepEqual(data?.map((row) => [row.issue_code, row.priority, row.category, row.status]), [
    ["PHASE2-CRITICAL-001", "CRITICAL", "production", "OPEN"],
    ["PHASE2-HIGH-001", "HIGH", "production", "RESOLVED"],
    ["PHASE2-LOW-014", "LOW", "production", "OPEN"],
    ["PHASE2-MEDIUM-003", "MEDIUM", "test_infrastructure", "RESOLVED"],
  ]);
  assert.deepEqual(data?.[0]?.affected_tools, ["extract_invoice", "check_totals"]);
  assert.equal(data?.[1]?.resolution, "costs are booked by attempt");

  // Importing the list again keeps what the owner changed.
  await owner.client.from("issues").update({ status: "WONT_FIX" }).eq(
    "issue_code",
    "PHASE2-HIGH-001",
  );
  await track(folder.path, owner.env, "backfill", file, "--suite", "validation");
  assert.equal((await read(owner)).data?.[1]?.status, "WONT_FIX");

  assert.deepEqual((await read(other)).data, []);
  const taken = await importIssues(other, [
    { issue_code: "PHASE2-CRITICAL-001", title: "mine", is_resolved: true },
  ]);
  assert.deepEqual(taken, { status: 200, body: { added: 1, changed: 0, known: 0 } });
  assert.equal((await read(owner)).data?.[0]?.status, "OPEN");
  const bad = await importIssues(other, [
    { issue_code: "A-LOW-001", title: "fine" },
    { issue_code: "nonsense", title: "x" },
  ]);
  assert.deepEqual([bad.status, bad.body.code], [422, "request.invalid"]);
  assert.equal((await read(other)).data?.length, 1, "all of a list or nothing of it");
  const direct = await other.client.from("issues")
    .insert({ owner_id: owner.id, issue_code: "X-LOW-001", suite: "s", title: "forged" });
  assert.equal(direct.error?.code, "42501");
  const door = await other.client.rpc("import_issues", { p_owner: owner.id, p_issues: "[]" });
  assert.equal(door.error?.code, "42501");
  assert.equal((await importIssues(null, [])).status, 401);
});

Deno.test("files of reviews become runs with their scores, and stay unchanged", async () => {
  await using folder = await makeFolder();
  const tester = await addTester(test);
  const files = [
    "2026-11-02.json",
    "2026-11-03/check_totals.json",
    "2026-11-03/extract_invoice.json",
  ]
    .map((name) => join(SAMPLES, "watcher_observations", name));
  for (let time = 0; time < 2; time++) {
    const { code, stderr } = await track(folder.path, tester.env, "backfill", ...files);
    assert.equal(code, 0, stderr);
  }
  const rows = await test.sql`
    select r.suite, r.source_format, x.tool_name, x.variation, x.status, x.watcher_quality::int as quality,
      x.watcher_observations ->> 'remark' as remark
    from public.test_runs r join public.test_results x on x.run_id = r.id
    where r.owner_id = ${tester.id} order by r.run_timestamp, x.ordinal`;
  assert.deepEqual(rows.map((row) => [row.suite, row.tool_name, row.status, row.quality]), [
    ["validation", "extract_invoice", "PASS", 8],
    ["validation", "extract_invoice", "FAIL", 3],
    ["validation", "check_totals", "SKIP", null],
    ["default", "check_totals", "FAIL", 2],
    ["default", "extract_invoice", "PASS", 9],
  ]);
  assert.equal(rows[2]?.remark, "no status, and a mark that there is not");
  assert.equal(rows[0]?.source_format, "observations");
});

Deno.test("reports show changes, draw the trend and export a run in any format", async () => {
  await using folder = await makeFolder();
  const [tester, other] = [await addTester(test), await addTester(test)];
  const go = (...args: string[]) => track(folder.path, tester.env, ...args);
  for (const [day, failing] of [[false, false], [true, false], [true, true]].entries()) {
    await Deno.writeTextFile(join(folder.path, `${day}.xml`), junit("web", ...failing));
    await go(
      "ingest",
      `${day}.xml`,
      "--timestamp",
      `2026-11-0${day + 1}T00:00:00Z`,
      "--branch",
      "main",
    );
  }
  const runs = await runsOf(tester);
  const compared = await go("report", "compare", "previous", "latest");
  assert.equal(compared.code, 0, compared.stderr);
  assert.match(compared.stdout, /│ +1 +│ +0 +│ +1 +│ +0 +│ +0 +│ +0 +│/);
  assert.match(compared.stdout, /regressed .*test 1.*PASS → FAIL/);
  const same = await go("report", "compare", runs[1]?.id ?? "", runs[2]?.id ?? "");
  assert.equal(same.stdout, compared.stdout);
  const regressions = await go("report", "regressions");
  assert.equal(regressions.code, 1);
  assert.match(regressions.stdout, /test 1/);
  const trend = await go("report", "trend", "--suite", "web", "--svg", "trend.svg");
  assert.equal(trend.code, 0, trend.stderr);
  assert.match(trend.stdout, /Pass rate/);
  const svg = await Deno.readTextFile(join(folder.path, "trend.svg"));
  assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  assert.equal(svg.match(/<circle/g)?.length, 3);
  assert.doesNotMatch(svg, /<script|href=/);

  const id = runs[1]?.id ?? "";
  const exported = await Promise.all(
    ["csv", "json", "md", "junit", "ctrf"].map((format) =>
      go("report", "export", id, "--format", format)
    ),
  );
  const [csv, json, md, xml, ctrf] = exported.map(({ stdout }) => stdout);
  assert.match(csv ?? "", /^ordinal,tool_name,.*\r\n0,test 0,/);
  assert.match(md ?? "", /^# web\n/);
  for (const text of [json, xml, ctrf]) {
    assert.deepEqual(countReport(text === json ? ctrf ?? "" : text ?? ""), {
      ...{ total: 2, passed: 1, failed: 1, skipped: 0 },
    });
  }
  const archived = (await list(join(folder.path, "results/archive")))[1] ?? "";
  const offline = await track(
    folder.path,
    { ...tester.env, TRACK_URL: "http://127.0.0.1:1" },
    ...["report", "export", join("results/archive", archived), "--format", "junit"],
  );
  assert.equal(offline.stdout, xml);
  const foreign = await track(folder.path, other.env, "report", "export", id);
  assert.equal(foreign.code, 1);
  assert.match(foreign.stderr, /404 resource\.not_found/);
});

Deno.test("the demo's history has an issue that is detected, recurs, is resolved and comes back", async () => {
  const tester = await addTester(test);
  const states = await trackTests({ apiUrl: test.stack.apiUrl, key: tester.env.MODELPICK_KEY });
  assert.deepEqual(states, [
    ...["OPEN, new", "OPEN, recurring", "RESOLVED, resolved", "OPEN, regressed"],
  ]);
});

Deno.test("tests with both outcomes on one commit are reported as flaky", async () => {
  await using folder = await makeFolder();
  const tester = await addTester(test);
  for (const [index, fails] of [false, true].entries()) {
    const file = `${index}.xml`;
    await Deno.writeTextFile(join(folder.path, file), junit("web", fails, false));
    const said = ["--commit", "abc1234", "--branch", "main"];
    const time = `2026-11-0${index + 1}T00:00:00Z`;
    await track(folder.path, tester.env, "ingest", file, ...said, "--timestamp", time);
  }
  const { code, stdout, stderr } = await track(folder.path, tester.env, "report", "flaky");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /test 0 .*both outcomes on one commit/);
  assert.doesNotMatch(stdout, /test 1/);
});

Deno.test("a report over the size limit of the function is stored as a whole", async () => {
  await using folder = await makeFolder();
  const tester = await addTester(test);
  const results = Array.from({ length: 2_500 }, (_, index) => ({
    tool_name: `test ${index}`,
    status: index % 5 === 0 ? "FAIL" : "PASS",
    error_message: "x".repeat(9_000),
  }));
  await Deno.writeTextFile(join(folder.path, "r.json"), JSON.stringify({ results }));
  const { code, stdout, stderr } = await track(folder.path, tester.env, "ingest", "r.json");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /2500 tests, 2000 passed, 500 failed/);
  const again = await track(folder.path, tester.env, "ingest", "r.json");
  assert.match(again.stdout, /2500 tests.*known already/);
  assert.equal((await runsOf(tester)).length, 1);
});

Deno.test("a report that is sent in batches ends as the same run as in one request", async () => {
  await using folder = await makeFolder();
  const ends = [];
  for (const pad of [10, 9_000]) {
    const tester = await addTester(test);
    // The longer messages make the record larger than the function accepts.
    const report = `<testsuites name="web"><testsuite name="s" timestamp="2026-11-01T00:00:00Z">${
      Array.from({ length: 600 }, (_, index) =>
        `<testcase name="t ${index}" classname="c" time="${index === 7 ? "long" : 1}">${
          index % 5 === 0
            ? `<failure message="Error: no rates ${index % 2}">${"x".repeat(pad)}</failure>`
            : ""
        }<system-out>\u0001</system-out>${
          index % 5 === 1
            ? `<properties><property name="log" value="${"y".repeat(pad)}"/></properties>`
            : ""
        }</testcase>`).join("")
    }</testsuite></testsuites>`;
    await Deno.writeTextFile(join(folder.path, "r.xml"), report);
    const { code, stderr } = await track(folder.path, tester.env, "ingest", "r.xml");
    assert.equal(code, 0, stderr);
    const [run] = await test.sql`
      select id, suite, status, run_timestamp, source_format, warnings, extra, total_tests, tests_passed,
        tests_failed, total_duration_secs
      from public.test_runs where owner_id = ${tester.id}`;
    assert.ok(run !== undefined);
    const { id, ...said } = run;
    const results = await test.sql`
      select ordinal, tool_name, class_name, status, is_counted, error_class, failure_fingerprint
      from public.test_results where run_id = ${id} order by ordinal`;
    const issues = await test.sql`
      select issue_code, title, status from public.issues where owner_id = ${tester.id} order by issue_code`;
    ends.push({ said, results: [...results], issues: [...issues] });
  }
  assert.equal(ends[0]?.said.source_format, "junit");
  assert.equal(ends[0]?.said.warnings.length, 2);
  assert.deepEqual(ends[1], ends[0]);
});

Deno.test("a report that an isolate refuses for its CPU time is sent again and stored once", async () => {
  await using folder = await makeFolder();
  const tester = await addTester(test);
  const results = [{ tool_name: "pays", status: "FAIL", error_message: "declined" }];
  await Deno.writeTextFile(join(folder.path, "r.json"), JSON.stringify({ results }));
  await using gate = new Gate(test.stack.apiUrl);
  const statuses: number[] = [];
  gate.passOn = async (send) => {
    const response = statuses.length > 0 ? await send() : renderProblem(
      new Problem("request.instance_spent", "Send it again.", { headers: { "retry-after": "1" } }),
      { requestId: crypto.randomUUID(), instance: "/functions/v1/test-runs/report" },
    );
    statuses.push(response.status);
    return response;
  };
  const env = { ...tester.env, TRACK_URL: gate.url };
  const { code, stdout, stderr } = await track(folder.path, env, "ingest", "r.json");
  assert.equal(code, 0, stderr);
  assert.deepEqual(statuses, [503, 201], stderr);
  assert.match(stdout, /1 tests, 0 passed, 1 failed/);
  assert.equal((await runsOf(tester)).length, 1);
});

Deno.test("`watch` ignores the results folder inside of the watched folder", async () => {
  await using folder = await makeFolder();
  const tester = await addTester(test);
  const watching = startTracking(folder.path, tester.env, "watch", ".", "--settle", "100");
  let written = 0;
  for (const name of ["one", "two"]) {
    await waitFor(`run ${name}`, async () => {
      if ((await runsOf(tester)).some(({ suite }) => suite === name)) return true;
      written++;
      await Deno.writeTextFile(join(folder.path, `${name}.xml`), junit(name, false));
      await new Promise((resolve) => setTimeout(resolve, 500));
      return false;
    });
  }
  watching.process.kill("SIGTERM");
  const { stdout } = await watching.ended;
  // One write may cause two events: creation and change.
  assert.ok((stdout.match(/^Run /gm) ?? []).length <= 2 * written, stdout);
  assert.equal((await runsOf(tester)).length, 2);
});
