import assert from "node:assert/strict";
import fc from "fast-check";
import { parsesBack } from "../../testing/parses_back.ts";
import { EXPORT_FORMATS, exportRun } from "./export_run.ts";
import { parseReport } from "./parse_report.ts";
import { makeResult, type ParsedReport, type ParsedResult } from "./report_model.ts";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "a",
    "a > b",
    "a > b > c",
    "=1+1",
    "<b>&\"'",
    " x ",
    "line\r\nline\t",
    "\x1b[31mred\x00",
  ),
  fc.constantFrom("Error: teardown failed", "1 test step failed.", "]]> no"),
);
/** Generates results as the database holds them: without NUL and lone surrogates, and trimmed nowhere. */
const stored = text.map((value) => value.replaceAll("\0", "\uFFFD").toWellFormed());
const name = stored.map((value) => value === "" ? "x" : value);
const message = stored.map((value) => value.trim()).map((value) => value === "" ? null : value);
const amount = fc.option(fc.integer({ min: 0, max: 9_999_999 }).map((value) => value / 1000));

const result: fc.Arbitrary<Omit<ParsedResult, "ordinal">> = fc.record({
  tool_name: name,
  variation: stored,
  provider: stored,
  model: stored,
  class_name: stored,
  status: fc.constantFrom("PASS", "FAIL", "SKIP", "ERROR"),
  execution_status: fc.option(fc.oneof(
    fc.constantFrom("xfail", "xpass", "flaky", "steps", "teardown", "disabled"),
    name,
  )),
  attempt: fc.integer({ min: 1, max: 3 }),
  is_counted: fc.boolean(),
  duration_secs: amount,
  memory_mb: amount,
  cpu_percent: fc.option(fc.integer({ min: 0, max: 999 })),
  tokens_total: fc.option(fc.nat()),
  cost_usd: fc.option(fc.integer({ min: 0, max: 9_999_000 }).map((value) => value / 1000)),
  error_message: message,
  error_class: fc.option(name),
  file_path: fc.option(stored),
  line_number: fc.option(fc.integer({ min: 1, max: 10_000 })),
  watcher_quality: fc.option(fc.integer({ min: 1, max: 10 })),
  watcher_observations: fc.option(
    fc.jsonValue().filter(parsesBack).map((value) => JSON.parse(JSON.stringify(value))),
  ),
  extra: fc.option(fc.oneof(
    fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { noNullPrototype: true })
      .filter(parsesBack).map((properties) => ({ properties })),
    fc.jsonValue().filter(parsesBack).map((value) => ({
      anything: JSON.parse(JSON.stringify(value)),
    })),
  )),
});

/** Attempts of one test, one after another, as surefire and CTRF report them. */
const attempts = fc.tuple(name, fc.array(message, { minLength: 1, maxLength: 3 }), fc.boolean())
  .map(([tool_name, messages, passes]) => {
    const failed = messages.map((error_message, index) => ({
      ...makeResult({ ordinal: 0, tool_name, status: "FAIL" }),
      error_message,
      attempt: index + 1,
      is_counted: false,
    }));
    return passes
      ? [...failed, {
        ...makeResult({ ordinal: 0, tool_name, status: "PASS" }),
        execution_status: "flaky",
        attempt: failed.length + 1,
      }]
      : failed.map((row, index) => ({ ...row, is_counted: index === failed.length - 1 }));
  });

const results = fc.array(fc.oneof(result.map((row) => [row]), attempts), { maxLength: 8 })
  .map((rows) => rows.flat().map((row, ordinal): ParsedResult => ({ ...row, ordinal })));

function reportOf(rows: readonly ParsedResult[]): ParsedReport {
  return {
    format: "modelpick",
    suite: "nightly",
    run_timestamp: "2026-11-21T10:00:00.000Z",
    branch_name: "main",
    commit_hash: "abc1234",
    watcher_model: null,
    notes: null,
    results: rows,
    warnings: [],
    extra: null,
  };
}

for (const format of ["json", "junit", "ctrf"] as const) {
  Deno.test(`a property named __proto__ is exported as ${format} and read back like any other`, () => {
    const extra = JSON.parse('{"properties": {"__proto__": "x", "b": "y"}}');
    const rows = [makeResult({ tool_name: "pays", ordinal: 0, status: "PASS", extra })];
    const read = parseReport(exportRun(reportOf(rows), format).text);
    assert.equal(JSON.stringify(read.results[0]?.extra), JSON.stringify(extra));
  });

  Deno.test(`any results exported as ${format} are read back unchanged`, () => {
    fc.assert(
      fc.property(results, (rows) => {
        const read = parseReport(exportRun(reportOf(rows), format).text);
        assert.deepEqual(read.results, rows);
        assert.equal(read.suite, "nightly");
        assert.equal(read.run_timestamp, "2026-11-21T10:00:00.000Z");
        if (format !== "junit") {
          assert.deepEqual([read.branch_name, read.commit_hash], ["main", "abc1234"]);
        }
      }),
      { numRuns: 200 },
    );
  });
}

Deno.test("a test that Deno's rules would take for one with steps is read back as it was", () => {
  const rows = [
    { tool_name: "pays", error_message: "1 test step failed." },
    { tool_name: "pays > twice", error_message: "no" },
  ].map((row, ordinal) => ({ ...makeResult({ ordinal, status: "FAIL", tool_name: "" }), ...row }));
  assert.deepEqual(parseReport(exportRun(reportOf(rows), "junit").text).results, rows);
});

Deno.test("attempts are exported as one test with the elements of Surefire and CTRF", () => {
  const rows = [
    { status: "FAIL", attempt: 1, is_counted: false, error_message: "no" },
    { status: "PASS", attempt: 2, is_counted: true, execution_status: "flaky" },
  ] as const;
  const report = reportOf(
    rows.map((row, ordinal) => makeResult({ tool_name: "pays", ordinal, ...row })),
  );
  const junit = exportRun(report, "junit").text;
  assert.equal(junit.match(/<testcase/g)?.length, 1);
  assert.match(junit, /<flakyFailure message="no">no<\/flakyFailure>/);
  assert.match(junit, /tests="1" failures="0"/);
  assert.doesNotMatch(junit, /modelpick/);
});

Deno.test("further fields of a CTRF report are exported again, with recomputed counts", () => {
  const document = {
    reportFormat: "CTRF",
    specVersion: "0.0.1",
    generatedBy: "a reporter",
    results: {
      tool: { name: "vitest", version: "4" },
      summary: { tests: 99, passed: 99, start: 1_790_000_000_000, suites: 3 },
      environment: { buildUrl: "https://ci.example.com/1", branchName: "topic" },
      tests: [{ name: "a", status: "passed", duration: 1 }],
    },
  };
  for (const format of ["json", "ctrf"] as const) {
    const read = parseReport(
      exportRun(parseReport(JSON.stringify(document)), format).text,
    );
    const exported = JSON.parse(exportRun(read, "ctrf").text);
    assert.deepEqual([exported.generatedBy, exported.specVersion], ["a reporter", "0.0.1"]);
    const { tool, summary, environment } = exported.results;
    assert.deepEqual(tool, { name: "vitest", version: "4" });
    assert.deepEqual([summary.tests, summary.passed, summary.suites], [1, 1, 3]);
    assert.deepEqual(environment, {
      buildUrl: "https://ci.example.com/1",
      branchName: "topic",
      reportName: "vitest",
    });
  }
});

Deno.test("no cell of the CSV is a formula, and Markdown shows names literally", () => {
  const report = reportOf([
    makeResult({
      ordinal: 0,
      tool_name: "=HYPERLINK(1)",
      status: "FAIL",
      error_message: "a|b\n<c>",
    }),
  ]);
  assert.match(exportRun(report, "csv").text, /^ordinal,tool_name,.*\r\n0,'=HYPERLINK\(1\),/);
  const markdown = exportRun(report, "md").text;
  assert.match(markdown, /\| =HYPERLINK\(1\) \|.*a\\\|b/);
  assert.match(markdown, /\| +1 \| +0 \| +1 \| +0 \| +0\.00 % \|/);
});

Deno.test("an empty run can be exported in every format", () => {
  for (const format of EXPORT_FORMATS) {
    const { text } = exportRun(reportOf([]), format);
    if (format !== "csv" && format !== "md") assert.deepEqual(parseReport(text).results, []);
  }
});
