import assert from "node:assert/strict";
import fc from "fast-check";
import { decodePieces, decodeReport } from "./decode_report.ts";
import { openReport, parseJsonReport, parseReport } from "./parse_report.ts";
import { arriveNow, readWhole, Warnings } from "./report_reader.ts";
import { ReportError } from "./report_model.ts";

function failsWith(code: string, position?: unknown) {
  return (error: unknown) => {
    assert.ok(error instanceof ReportError);
    assert.equal(error.code, code);
    if (position !== undefined) assert.deepEqual(error.position, position);
    return true;
  };
}

const ctrf = {
  reportFormat: "CTRF",
  specVersion: "0.0.0",
  results: {
    tool: { name: "vitest" },
    summary: {
      tests: 99,
      passed: 99,
      failed: 0,
      start: 1_790_000_000_000,
      stop: 1_790_000_001_000,
    },
    environment: { branchName: "topic", commit: "abc1234", osPlatform: "linux" },
    tests: [
      { name: "a", status: "passed", duration: 1500, suite: ["unit", "a_test.ts"], tags: ["fast"] },
      {
        name: "b",
        status: "failed",
        duration: 2,
        message: "TypeError: no",
        trace: "at b",
        line: 3,
      },
      { name: "c", status: "pending" },
      {
        name: "d",
        status: "passed",
        flaky: true,
        retries: 1,
        retryAttempts: [{ attempt: 1, status: "failed", duration: 10, message: "once" }],
        extra: { model: "gpt-5.6-luna", cost_usd: 0.5, note: "kept" },
      },
      { name: "e", status: "exploded" },
    ],
  },
};

Deno.test("parseReport() reads CTRF, ignores its counts and keeps unknown fields", () => {
  const report = parseReport(`\uFEFF ${JSON.stringify(ctrf)}`);
  assert.equal(report.format, "ctrf");
  assert.deepEqual([report.suite, report.branch_name, report.commit_hash], [
    "vitest",
    "topic",
    "abc1234",
  ]);
  assert.equal(report.run_timestamp, new Date(1_790_000_000_000).toISOString());
  assert.deepEqual(
    report.results.map(({ tool_name, status, execution_status, attempt, is_counted }) => [
      tool_name,
      status,
      execution_status,
      attempt,
      is_counted,
    ]),
    [
      ["a", "PASS", null, 1, true],
      ["b", "FAIL", null, 1, true],
      ["c", "SKIP", "pending", 1, true],
      ["d", "FAIL", null, 1, false],
      ["d", "PASS", "flaky", 2, true],
      ["e", "SKIP", "exploded", 1, true],
    ],
  );
  const [a, b, , , d] = report.results;
  assert.deepEqual([a?.class_name, a?.duration_secs, a?.extra], ["unit > a_test.ts", 1.5, {
    tags: ["fast"],
  }]);
  assert.deepEqual([b?.error_class, b?.error_message, b?.line_number], [
    "TypeError",
    "TypeError: no\nat b",
    3,
  ]);
  assert.deepEqual([d?.model, d?.cost_usd], ["gpt-5.6-luna", 0.5]);
  const { tests: _, ...about } = ctrf.results;
  assert.deepEqual(report.extra, { ...ctrf, results: about });
  assert.deepEqual(report.warnings.map(({ code }) => code), ["ctrf.unknown_status"]);
});

Deno.test("parseReport() drops values of CTRF that fit no column and keeps the rest", () => {
  const { tests: _, ...results } = ctrf.results;
  const report = parseReport(JSON.stringify({
    ...ctrf,
    results: {
      ...results,
      environment: { reportName: " ", branchName: "", commit: "abc1234 (dirty)" },
      tests: [{
        name: "a",
        status: "failed",
        duration: 1e12,
        message: "cut \ud83d",
        extra: { tokens_total: 1.5, cost_usd: 1e6 },
      }],
    },
  }));
  assert.deepEqual([report.suite, report.branch_name, report.commit_hash], ["vitest", null, null]);
  const [row] = report.results;
  assert.deepEqual([row?.duration_secs, row?.tokens_total, row?.cost_usd, row?.error_message], [
    null,
    null,
    null,
    "cut \ufffd",
  ]);
  assert.deepEqual(row?.extra, { extra: { tokens_total: 1.5, cost_usd: 1e6 } });
  assert.deepEqual(report.warnings.map(({ code }) => code).sort(), [
    "ctrf.bad_duration",
    "ctrf.bad_field",
  ]);
});

Deno.test("parseReport() accepts CTRF without its format and with a text as suite", () => {
  const { results } = ctrf;
  const report = parseReport(JSON.stringify({
    results: { ...results, tests: [{ name: "a", status: "passed", suite: "unit" }] },
  }));
  assert.equal(report.results[0]?.class_name, "unit");
  assert.deepEqual(report.warnings.map(({ code }) => code), [
    "ctrf.missing_field",
    "ctrf.missing_field",
    "ctrf.suite_is_text",
  ]);
});

Deno.test("parseReport() reads our own JSON and reports the path of a field that does not fit", () => {
  const report = parseReport(JSON.stringify({
    suite: "validation",
    run_timestamp: "2026-11-01T00:00:00Z",
    results: [
      { tool_name: "a", status: "PASS", cost_usd: 0.01, watcher_observations: { seen: [1] } },
      { tool_name: "b", status: "FAIL", error_message: "ValueError: 3", ordinal: 7 },
    ],
  }));
  assert.deepEqual(report.results.map(({ ordinal, error_class }) => [ordinal, error_class]), [
    [0, null],
    [7, "ValueError"],
  ]);
  assert.throws(
    () => parseReport(`{"results": [{"tool_name": "a", "status": "GREEN"}]}`),
    failsWith("modelpick.invalid", "results[0].status"),
  );
  const twice = [0, 1, 0].map((ordinal) => ({ tool_name: "a", status: "PASS", ordinal }));
  assert.throws(
    () => parseReport(JSON.stringify({ results: twice })),
    failsWith("modelpick.invalid", "results[2].ordinal"),
  );
  assert.throws(
    () => parseReport(`{"results": [], "sweet": "x"}`),
    failsWith("modelpick.invalid"),
  );
});

Deno.test("parseReport() refuses any other text with reason and location", () => {
  assert.throws(() => parseReport(""), failsWith("report.unknown_format"));
  assert.throws(() => parseReport("plain text"), failsWith("report.unknown_format"));
  assert.throws(() => parseReport("[1]"), failsWith("report.unknown_format"));
  assert.throws(
    () => parseReport(`{"a": 1,\n "b" 2}`),
    failsWith("report.malformed_json", { line: 2, column: 6 }),
  );
  assert.throws(
    () => parseReport(`{"results": {"tests": [{"status": "passed"}]}}`),
    failsWith("ctrf.invalid", "results.tests[0].name"),
  );
});

Deno.test("parseReport() refuses JSON that is nested too deeply anywhere in a report", () => {
  // As text, for older engines cannot write what they can read.
  const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;
  const report = (test: string, run: string) =>
    `{"results": {"tests": [{"name": "a", "status": "passed"${test}}]}${run}}`;
  for (
    const text of [
      report(`, "extra": {"deep": ${deep}}`, ""),
      report(`, "labels": ${deep}`, ""),
      report("", `, "deep": ${deep}`),
    ]
  ) {
    assert.throws(
      () => parseReport(text),
      (error) =>
        error instanceof ReportError && /nested deeper than 200 levels\.$/.test(error.message),
    );
  }
});

Deno.test("parseReport() returns a report or throws a ReportError for any text", () => {
  const pieces = fc.constantFrom(
    ...[
      "<",
      ">",
      "/",
      "testsuite",
      "testcase",
      " name=",
      '"',
      "failure",
      "&amp;",
      "&x;",
      "<![CDATA[",
    ],
    ...["]]>", "{", "}", "[", "]", ":", ",", '"results"', '"tests"', "\n", "é", "\u0000", "1"],
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      try {
        parseReport(parts.join(""));
      } catch (error) {
        assert.ok(error instanceof ReportError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

/** Suites, steps before and after their tests, attempts, a teardown, references, and characters of 1 to 4 bytes. */
const RICH = `<?xml version="1.0" encoding="UTF-8"?>\r
<testsuites name="deno test">
  <testsuite name="a" timestamp="2026-11-02T10:00:00" file="a.ts">
    <testcase name="t" classname="c" time="1,5"/>
    <testcase name="t &gt; step 𝄞" classname="c"><failure message="x &#x1b; y" type="E">é\r\nü\x1b</failure></testcase>
    <testcase name="u > early" classname="c"/><testcase name="u" classname="c"/>
    <testcase name="f" classname="c"><failure>f</failure></testcase>
    <testcase name="f" classname="c"><error message="failed on teardown"><![CDATA[a]]>b</error></testcase>
    <testcase name="r"><rerunFailure message="1"/><flakyFailure message="2">€</flakyFailure></testcase>
    <testcase name="p"><properties><property name="owner" value="&lt;web&gt;"/></properties></testcase>
  </testsuite>
  <testsuite name="b" timestamp="2026-11-01T10:00:00"><error message="not loaded"/>
    <testcase name="outer"><testcase name="inner"><failure message="no"/></testcase></testcase>
    <system-out>${"log ".repeat(50)}</system-out>
  </testsuite>
</testsuites>\n`;

/** Reads bytes that are cut after the given numbers of them. */
function readCut(bytes: Uint8Array, sizes: readonly number[]) {
  const parts: Uint8Array[] = [];
  for (let from = 0, place = 0; from < bytes.length; place++) {
    const size = sizes[place % sizes.length] ?? 1;
    parts.push(bytes.subarray(from, from + size));
    from += size;
  }
  const context = arriveNow();
  const opened = openReport(decodePieces(parts, context.warnings), context);
  return opened.syntax === "xml"
    ? readWhole(opened.reader, opened.pieces)
    : parseJsonReport([...opened.pieces].join(""), context);
}

const sizes = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 30 });

Deno.test("a report reads the same wherever its bytes are cut, even inside a character", () => {
  const bytes = new TextEncoder().encode(RICH);
  const whole = parseReport(RICH);
  assert.equal(whole.results.length, 13);
  assert.deepEqual(
    whole.results.filter(({ is_counted }) => !is_counted).map(({ tool_name }) => tool_name),
    ["t", "u", "f", "r", "r"],
  );
  assert.deepEqual(readCut(bytes, [1]), whole);
  fc.assert(fc.property(sizes, (sizes) => assert.deepEqual(readCut(bytes, sizes), whole)));
});

Deno.test("a truncated report is refused at the same place wherever its bytes are cut", () => {
  const bytes = new TextEncoder().encode(RICH.trimEnd());
  const faultOf = (read: () => unknown) => {
    try {
      read();
    } catch (error) {
      if (error instanceof ReportError) return [error.code, error.message, error.position];
      throw error;
    }
    return null;
  };
  fc.assert(fc.property(fc.nat(bytes.length - 1), sizes, (length, sizes) => {
    const cut = bytes.subarray(0, length);
    const fault = faultOf(() => parseReport(decodeReport(cut, new Warnings())));
    assert.notEqual(fault, null);
    assert.deepEqual(faultOf(() => readCut(cut, sizes)), fault);
  }));
});
