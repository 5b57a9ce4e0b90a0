import assert from "node:assert/strict";
import { type Customer, TestStack } from "../scripts/testing/stack.ts";

const test = await TestStack.start();
Deno.test.afterAll(async () => await test[Symbol.asyncDispose]());

const JUNIT = `<testsuites name="web"><testsuite name="a">
  <testcase name="one" classname="a" time="0.5"/>
  <testcase name="two" classname="a"><failure message="AssertionError: 1 is not 2"/></testcase>
  <testcase name="three" classname="a"><skipped/></testcase>
</testsuite></testsuites>`;

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function call(
  who: Customer | null,
  path: string,
  body?: BodyInit,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const { data } = await who?.client.auth.getSession() ?? { data: { session: null } };
  const response = await fetch(`${test.stack.apiUrl}/functions/v1/test-runs${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...data.session === null ? {} : { authorization: `Bearer ${data.session.access_token}` },
      "content-type": "application/json",
      ...headers,
    },
    ...body === undefined ? {} : { body },
  });
  return { status: response.status, body: await response.json() };
}

const send = (who: Customer, path: string, body: unknown, headers?: Record<string, string>) =>
  call(who, path, JSON.stringify(body), headers);

async function countRuns({ id }: Customer): Promise<number> {
  return (await test.sql`select from public.test_runs where owner_id = ${id}`).length;
}

Deno.test("a run is begun, gets its results in batches that may be repeated, and is finished", async () => {
  const owner = await test.customer();
  const begun = await send(owner, "", { suite: "nightly", branch_name: "main" }, {
    "idempotency-key": "night-1",
  });
  assert.equal(begun.status, 201);
  const again = await send(owner, "", { suite: "nightly", branch_name: "main" }, {
    "idempotency-key": "night-1",
  });
  assert.deepEqual([again.status, again.body.run_id], [200, begun.body.run_id]);
  const other = await send(owner, "", { suite: "weekly" }, { "idempotency-key": "night-1" });
  assert.deepEqual([other.status, other.body.code], [422, "request.idempotency_conflict"]);

  const path = `/${begun.body.run_id}`;
  const first = {
    results: [{ tool_name: "a", status: "PASS" }, { tool_name: "b", status: "PASS" }],
  };
  const second = { first_ordinal: 2, results: [{ tool_name: "c", status: "ERROR" }] };
  assert.equal((await send(owner, `${path}/results`, first)).body.added, 2);
  assert.equal((await send(owner, `${path}/results`, second)).body.added, 1);
  assert.deepEqual((await send(owner, `${path}/results`, first)).body.known, 2);
  // A client that numbers each batch from 0 gets an error instead of losing results.
  const forgotten = await send(owner, `${path}/results`, {
    results: [{ tool_name: "d", status: "PASS" }],
  });
  assert.deepEqual([forgotten.status, forgotten.body.code], [409, "test_runs.ordinal_taken"]);
  const ended = await send(owner, `${path}/finish`, {});
  assert.deepEqual(
    [ended.body.status, ended.body.total_tests, ended.body.tests_failed, ended.body.pass_rate],
    ["complete", 3, 1, 66.67],
  );
  const late = await send(owner, `${path}/results`, {
    first_ordinal: 3,
    results: [{ tool_name: "d", status: "PASS" }],
  });
  assert.deepEqual([late.status, late.body.code], [409, "test_runs.finished"]);
  assert.deepEqual((await call(owner, path)).body, ended.body);
});

Deno.test("a report is stored once, whatever media type it has and however often it is sent", async () => {
  const owner = await test.customer();
  const query = "/report?branch_name=topic&commit_hash=abc1234";
  const first = await call(owner, query, JUNIT, { "content-type": "text/plain" });
  assert.deepEqual(
    [first.status, first.body.suite, first.body.branch_name, first.body.commit_hash],
    [201, "web", "topic", "abc1234"],
  );
  assert.deepEqual(
    [
      first.body.total_tests,
      first.body.tests_passed,
      first.body.tests_failed,
      first.body.tests_skipped,
    ],
    [3, 1, 1, 1],
  );
  const again = await call(owner, query, JUNIT, { "content-type": "application/xml" });
  assert.deepEqual([again.status, again.body.run_id], [200, first.body.run_id]);
  assert.equal(await countRuns(owner), 1);
  const rows = await test.sql`
    select failure_fingerprint, error_class from public.test_results
    where run_id = ${Number(first.body.run_id)} and status = 'FAIL'`;
  assert.match(rows[0]?.failure_fingerprint, /^[0-9a-f]{64}$/);
  assert.equal(rows[0]?.error_class, "AssertionError");
});

Deno.test("only the characters that Postgres cannot store are replaced in a report", async () => {
  const owner = await test.customer();
  const { status, body } = await call(
    owner,
    "/report",
    String
      .raw`{"results": [{"tool_name": "a\u0000b\ud83d", "status": "PASS", "extra": {"\u0000": "\\u0000 \u001b"}}]}`,
  );
  assert.equal(status, 201);
  const rows = await test.sql`
    select tool_name, extra from public.test_results where run_id = ${Number(body.run_id)}`;
  assert.deepEqual([...rows], [{
    tool_name: "a\ufffdb\ufffd",
    extra: { "\ufffd": "\\u0000 \u001b" },
  }]);
});

Deno.test("a report in another encoding is decoded as declared, and a bad byte costs its own text only", async () => {
  const owner = await test.customer();
  const bytes = (encoding: string) =>
    Uint8Array.from(
      `<?xml version="1.0" encoding="${encoding}"?>\n<testsuite name="Prüfung"><testcase name="a"/></testsuite>`,
      (character) => character.charCodeAt(0),
    );
  const read = await call(owner, "/report", bytes("ISO-8859-1"));
  assert.deepEqual([read.status, read.body.suite], [201, "Prüfung"]);
  const damaged = await call(owner, "/report", bytes("UTF-8"));
  assert.deepEqual([damaged.status, damaged.body.suite], [201, "Pr\uFFFDfung"]);
  assert.match(JSON.stringify(damaged.body.warnings), /report\.invalid_bytes/);
});

Deno.test("results of one test that passed and failed in a run are its attempts, and it is flaky", async () => {
  const owner = await test.customer();
  const one = (name: string, outcome = "", place = 'file="t.py" line="1"') =>
    `<testcase classname="T" name="${name}" ${place}>${outcome}</testcase>`;
  const { status, body } = await call(
    owner,
    "/report",
    `<testsuite name="pytest">${
      [
        one("fails first", `<failure message="no"/>`) + one("fails first"),
        one("fails last") + one("fails last", `<failure message="no"/>`),
        // As TestNG writes attempts.
        one("skipped first", "<skipped/>") + one("skipped first", "<skipped/>") +
        one("skipped first"),
        one("of two places", `<failure message="no"/>`) + one("of two places", "", 'file="u.py"'),
        one("row of data") + one("row of data"),
        `<testcase name=""/><testcase name=""><failure message="no"/></testcase>`,
      ].join("")
    }</testsuite>`,
  );
  assert.equal(status, 201);
  const rows = await test.sql<{ brief: string }[]>`
    select concat_ws(' ', tool_name, status, execution_status, attempt) as brief
    from public.test_results where run_id = ${Number(body.run_id)} and is_counted order by ordinal`;
  assert.deepEqual(rows.map(({ brief }) => brief), [
    "fails first PASS flaky 2",
    "fails last FAIL 2",
    "skipped first PASS flaky 3",
    "of two places FAIL 1",
    "of two places PASS 1",
    "row of data PASS 1",
    "row of data PASS 1",
    "(no name) PASS 1",
    "(no name) FAIL 1",
  ]);
  assert.deepEqual([body.total_tests, body.tests_passed, body.tests_failed], [9, 6, 3]);
});

Deno.test("a run is dated by what can be trusted of its report, by the sender's clock", async () => {
  const owner = await test.customer();
  const suite = (timestamp: string, outcome = "") =>
    `<testsuite name="${timestamp}" timestamp="${timestamp}"><testcase name="a ${timestamp}">${outcome}</testcase></testsuite>`;
  const failure = `<failure message="no"/>`;
  const report = (...suites: readonly string[]) =>
    `<testsuites name="jest tests">${suites.join("")}</testsuites>`;
  const store = async (text: string, query = "") =>
    (await call(owner, `/report?suite=dates${query}`, text)).body;
  const good = await store(report(suite("2026-11-29T10:00:00Z"), suite("1970-01-01T00:00:00")));
  const bad = await store(
    report(suite("2026-11-30T12:00:00", failure), suite("1970-01-01T00:00:00", failure)),
    "&utc_offset=%2B02:00",
  );
  assert.equal(new Date(String(bad.run_timestamp)).toISOString(), "2026-11-30T10:00:00.000Z");
  const { body } = await call(owner, `/compare?before=${good.run_id}&after=${bad.run_id}`);
  assert.deepEqual(body.summary, { ...Object(body.summary), regressed: 1 });
  const before = Date.now();
  const late = await store(report(suite("2036-01-01T00:00:00Z")));
  assert.ok(new Date(String(late.run_timestamp)).getTime() >= before);
  assert.match(JSON.stringify(late.warnings), /report\.future_time/);
});

Deno.test("a report of 4,000 tests is stored as a whole", async () => {
  const owner = await test.customer();
  const cases = Array.from(
    { length: 4_000 },
    (_, index) =>
      `<testcase name="test ${index}" classname="c${index % 50}" time="0.01">${
        index % 40 === 0 ? `<failure message="no ${index}">at x</failure>` : ""
      }</testcase>`,
  );
  const { status, body } = await call(
    owner,
    "/report",
    `<testsuite name="big">${cases.join("\n")}</testsuite>`,
  );
  assert.deepEqual([status, body.total_tests, body.tests_failed], [201, 4_000, 100]);
});

Deno.test("invalid input is refused with reason and location, and nothing of it is stored", async () => {
  const owner = await test.customer();
  const table: [path: string, body: string, status: number, code: string, more: object][] = [
    ["/report", JUNIT.slice(0, 120), 400, "test_runs.unreadable_report", {
      reason: "junit.malformed",
      line: 3,
    }],
    ["/report", `<!DOCTYPE x [<!ENTITY a "b">]><testsuite/>`, 400, "test_runs.unreadable_report", {
      reason: "junit.forbidden",
    }],
    ["/report", `{"results": [`, 400, "test_runs.unreadable_report", {
      reason: "report.malformed_json",
      line: 1,
      column: 14,
    }],
    ["/report", `{"results": [{"tool_name": "a"}]}`, 400, "test_runs.unreadable_report", {
      reason: "modelpick.invalid",
      field: "results[0].status",
    }],
    ["/report", "plain", 400, "test_runs.unreadable_report", { reason: "report.unknown_format" }],
    ["/issues", `{"issues": [{"issue_code": "X-LOW-001"}]}`, 422, "request.invalid", {}],
    ["/report?branch=x", JUNIT, 422, "request.invalid", {}],
    ["/report?commit_hash=a b", JUNIT, 422, "request.invalid", {}],
    ["", `{"suite": 1}`, 422, "request.invalid", {}],
    ["", `{`, 400, "request.malformed", {}],
    ["/1/results", `{"results": []}`, 422, "request.invalid", {}],
    [
      "/1/results",
      `{"results": [{"tool_name": "a", "status": "PASS", "ordinal": 1}, {"tool_name": "b", "status": "PASS"}]}`,
      422,
      "request.invalid",
      {},
    ],
    ["/x/results", `{}`, 404, "resource.not_found", {}],
    ["/1/burn", `{}`, 404, "resource.not_found", {}],
  ];
  for (const [path, body, status, code, more] of table) {
    const answer = await call(owner, path, body);
    assert.deepEqual([answer.status, answer.body.code], [status, code], `${path} ${body}`);
    for (const [name, value] of Object.entries(more)) assert.equal(answer.body[name], value, body);
  }
  assert.equal(await countRuns(owner), 0);
});

Deno.test("a report that is too large is refused, whatever Content-Length says", async () => {
  const owner = await test.customer();
  const { data } = await owner.client.auth.getSession();
  const chunk = new Uint8Array(1024 * 1024).fill(0x20);
  let sent = 0;
  const response = await fetch(`${test.stack.apiUrl}/functions/v1/test-runs/report`, {
    method: "POST",
    headers: { authorization: `Bearer ${data.session?.access_token}` },
    body: new ReadableStream<Uint8Array>({
      pull(controller) {
        if (++sent > 40) controller.close();
        else controller.enqueue(chunk);
      },
    }),
  });
  assert.equal((await response.json()).code, "request.too_large");
  assert.equal(response.status, 413);
  assert.equal(await countRuns(owner), 0);
});

Deno.test("another user's run is not found, and every request without a token is refused", async () => {
  const [owner, other] = [await test.customer(), await test.customer()];
  const { body: { run_id } } = await send(owner, "", {});
  const results = { results: [{ tool_name: "a", status: "PASS" }] };
  for (
    const answer of [
      await call(other, `/${run_id}`),
      await send(other, `/${run_id}/results`, results),
      await send(other, `/${run_id}/finish`, {}),
    ]
  ) {
    assert.deepEqual([answer.status, answer.body.code], [404, "resource.not_found"]);
  }
  assert.equal((await call(other, `/${run_id}?format=json`)).status, 404);
  assert.equal((await call(owner, `/${run_id}?format=pdf`)).body.code, "request.invalid");
  assert.equal((await call(null, `/${run_id}`)).status, 401);
  const { data } = await other.client.from("test_runs").select("*");
  assert.deepEqual(data, []);
  const own = await call(owner, `/${run_id}`);
  assert.deepEqual([own.body.status, own.body.total_tests], ["running", 0]);
});

Deno.test("insights distinguish flaky, broken and slower tests, and only the owner reads them", async () => {
  const owner = await test.customer();
  for (let run = 0; run < 17; run++) {
    const { status } = await send(owner, "/report", {
      suite: "nightly",
      run_timestamp: new Date(Date.UTC(2026, 9, 1 + run)).toISOString(),
      commit_hash: `abc${1000 + run}`,
      results: [
        { tool_name: "steady", status: "PASS", duration_secs: 1 + run % 3 / 100 },
        {
          tool_name: "slower",
          status: "PASS",
          duration_secs: (run < 12 ? 1 : 2) + run % 3 / 100,
          cost_usd: run < 12 ? 0.01 : 0.03,
        },
        {
          tool_name: "coin",
          status: run % 2 === 0 ? "PASS" : "FAIL",
          error_message: "heads",
        },
        { tool_name: "dead", status: "FAIL", error_message: "no more" },
      ],
    });
    assert.equal(status, 201);
  }
  const { status, body } = await call(owner, "/insights?suite=nightly&branch=main");
  assert.equal(status, 200);
  const found = Object.fromEntries(
    Object.entries(body).map(([kind, tests]) => [
      kind,
      Array.isArray(tests) ? tests.map(({ tool_name }) => tool_name) : tests,
    ]),
  );
  assert.deepEqual(found, {
    flaky: ["coin"],
    broken: ["dead"],
    slower: ["slower"],
    costlier: ["slower"],
    outliers: [],
    drift: null,
  });

  const flaky = await owner.client.from("report_flaky_tests")
    .select("tool_name, is_broken, transition_score").order("tool_name");
  assert.deepEqual(
    flaky.data?.map((row) => [row.tool_name, row.is_broken, Number(row.transition_score)]),
    [["coin", false, 1], ["dead", true, 0]],
  );
  const slowing = await owner.client.from("report_slowing_tests")
    .select("tool_name, duration_before_secs, duration_now_secs, cost_ratio");
  const slower = slowing.data?.find(({ tool_name }) => tool_name === "slower");
  assert.deepEqual(
    [slower?.duration_before_secs, slower?.duration_now_secs, slower?.cost_ratio].map(Number),
    [1.01, 2.01, 3],
  );

  const other = await test.customer();
  const theirs = await call(other, "/insights?suite=nightly&branch=main");
  assert.deepEqual([theirs.status, theirs.body.flaky, theirs.body.broken], [200, [], []]);
  assert.deepEqual((await other.client.from("report_flaky_tests").select()).data, []);
  assert.equal((await call(null, "/insights")).status, 401);
  assert.equal((await call(owner, "/insights?team=x")).status, 422);
});

/** A report of this many tests, of which the last is a step of the first. */
function largeJunit(tests: number, tail = "</testsuite></testsuites>"): string {
  const cases = Array.from(
    { length: tests },
    (_, index) =>
      `<testcase name="prüft ${index}" classname="module${
        index % 50
      }" time="0.25" file="a.ts" line="${index + 1}"/>`,
  );
  return `<testsuites name="deno test"><testsuite name="large">${cases.join("\n")}
    <testcase name="prüft 0 &gt; step" classname="module0"><failure message="Error: no"/></testcase>
    <testcase name="skipped"><skipped message="later"/></testcase>${tail}`;
}

Deno.test("a report that is stored in several parts has every result, and a step found at its end is heeded", async () => {
  const owner = await test.customer();
  const report = largeJunit(10_000);
  const first = await call(owner, "/report", report);
  assert.deepEqual(
    [first.status, first.body.suite, first.body.total_tests, first.body.tests_passed],
    [201, "deno test", 10_001, 9_999],
  );
  assert.deepEqual(
    [first.body.tests_failed, first.body.tests_skipped, first.body.total_duration_secs],
    [1, 1, 2_500],
  );
  const runId = Number(first.body.run_id);
  const rows = await test.sql`
    select ordinal, tool_name, class_name, is_counted, execution_status, file_path, line_number
    from public.test_results where run_id = ${runId} and ordinal in (0, 9999, 10000) order by ordinal`;
  assert.deepEqual(rows.map((row) => Object.values(row)), [
    [0, "prüft 0", "module0", false, "steps", "a.ts", 1],
    [9_999, "prüft 9999", "module49", true, null, "a.ts", 10_000],
    [10_000, "prüft 0 > step", "module0", true, null, null, null],
  ]);
  const again = await call(owner, "/report", report);
  assert.deepEqual([again.status, again.body.run_id], [200, runId]);
  assert.equal(await countRuns(owner), 1);
});

Deno.test("a report that is broken at its end leaves nothing, though parts of it were written", async () => {
  const owner = await test.customer();
  const { status, body } = await call(owner, "/report", largeJunit(10_000, "</testcase>"));
  assert.deepEqual([status, body.reason, body.line], [400, "junit.malformed", 10_002]);
  assert.equal(await countRuns(owner), 0);
  const rows = await test.sql`select from public.test_results where owner_id = ${owner.id}`;
  assert.equal(rows.length, 0);
});

Deno.test("six large reports that are sent at once are all stored", async () => {
  const owner = await test.customer();
  const report = largeJunit(10_000);
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, index) => call(owner, `/report?suite=s${index}`, report)),
  );
  assert.deepEqual(answers.map(({ status }) => status), Array(6).fill(201));
});

Deno.test("JSON of more than 4 MB is refused with the way to send it in batches", async () => {
  const owner = await test.customer();
  const results = Array.from({ length: 500 }, (_, index) => ({
    tool_name: `test ${index}`,
    status: "FAIL",
    error_message: "x".repeat(9_000),
  }));
  const { status, body } = await send(owner, "/report", { results });
  assert.deepEqual([status, body.code, body.limit_bytes], [413, "request.too_large", 4_194_304]);
  assert.match(String(body.detail), /POST \/test-runs.*\/results.*\/finish/s);
  assert.equal(await countRuns(owner), 0);
});

Deno.test("20,000 nested brackets are refused as malformed wherever JSON is read", async () => {
  const owner = await test.customer();
  const nested = "[".repeat(20_000) + "]".repeat(20_000);
  const { data } = await owner.client.auth.getSession();
  for (
    const [path, body] of [
      ["test-runs", `{"extra": ${nested}}`],
      ["test-runs/report", `{"extra": {"a": ${nested}}, "results": []}`],
      ["test-runs/issues", `{"issues": ${nested}}`],
      ["datasets", `{"name": "a", "rows": ${nested}}`],
      ["checkout", `{"configuration": ${nested}}`],
      ["prompt-runs", `{"prompt_id": ${nested}}`],
      ["chat", `{"question": ${nested}}`],
    ] as const
  ) {
    const response = await fetch(`${test.stack.apiUrl}/functions/v1/${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${data.session?.access_token}`,
        "content-type": "application/json",
      },
      body,
    });
    await response.body?.cancel();
    assert.equal(response.status, 400, path);
  }
  assert.equal(await countRuns(owner), 0);
});
