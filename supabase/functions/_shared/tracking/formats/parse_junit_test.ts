import assert from "node:assert/strict";
import fc from "fast-check";
import { JunitReader, parseJunit } from "./parse_junit.ts";
import { parseReport } from "./parse_report.ts";
import { arriveNow, readWhole } from "./report_reader.ts";
import { MAX_MESSAGE, type ParsedReport, ReportError } from "./report_model.ts";

/** A row in short: `name status×attempt`, in brackets where it is not counted. */
function brief({ results }: ParsedReport): string[] {
  return results.map((row) => {
    const words = [row.tool_name, row.status, row.execution_status ?? "", `×${row.attempt}`];
    const text = words.filter((word) => word !== "").join(" ");
    return row.is_counted ? text : `(${text})`;
  });
}

function failsAt(code: string, line?: number) {
  return (error: unknown) =>
    error instanceof ReportError && error.code === code &&
    (line === undefined ||
      (typeof error.position === "object" && error.position?.line === line));
}

Deno.test("parseJunit() counts cases instead of attributes, in nested and missing suites", () => {
  const report = parseJunit(`<?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="all" tests="99" failures="50">
      <testcase name="bare" classname="root" time="0.5"/>
      <testsuite name="outer" tests="0" timestamp="2026-11-02T10:00:00" file="outer_test.ts">
        <testsuite name="inner" timestamp="2026-11-01T10:00:00+02:00">
          <testcase name="deep" time="1,234.5" line="7"><failure message="no" type="AssertionError"/></testcase>
        </testsuite>
        <testcase name="deep" file="other.ts"><error message="broke"/></testcase>
      </testsuite>
    </testsuites>`);
  assert.deepEqual(brief(report), ["bare PASS ×1", "deep FAIL ×1", "deep ERROR ×1"]);
  assert.deepEqual(report.results.map(({ ordinal }) => ordinal), [0, 1, 2]);
  const [bare, inner, outer] = report.results;
  assert.deepEqual([bare?.class_name, inner?.class_name, outer?.class_name], [
    "root",
    "inner",
    "outer",
  ]);
  assert.deepEqual([bare?.duration_secs, inner?.duration_secs], [0.5, 1234.5]);
  assert.deepEqual([inner?.file_path, inner?.line_number, outer?.file_path], [null, 7, "other.ts"]);
  assert.deepEqual([inner?.error_class, inner?.error_message], ["AssertionError", "no"]);
  assert.equal(report.suite, "all");
  assert.equal(report.run_timestamp, "2026-11-01T08:00:00.000Z");
});

Deno.test("parseJunit() prefers an error to a failure, and a failure to a skip", () => {
  const report = parseJunit(`<testsuite name="s">
      <testcase name="a"><skipped/><failure>f</failure><error>e</error></testcase>
      <testcase name="b"><skipped message="s"/><failure>f</failure></testcase>
      <testcase name="c"><skipped/></testcase>
      <testcase name="d"/>
      <testcase name="e" status="notrun"/>
      <testcase name="f"><disabled/></testcase>
    </testsuite>`);
  assert.deepEqual(brief(report), [
    "a ERROR ×1",
    "b FAIL ×1",
    "c SKIP ×1",
    "d PASS ×1",
    "e SKIP disabled ×1",
    "f SKIP disabled ×1",
  ]);
});

Deno.test("parseJunit() reads an outcome that stands in an attribute", () => {
  const report = parseJunit(`<testsuite name="s">
      <testcase name="a" status="failed"/><testcase name="b" status="FAIL"/>
      <testcase name="c" result="skipped"/><testcase name="d" status="run" result="suppressed"/>
      <testcase name="e" status="Pending"/><testcase name="f" status="error"/>
      <testcase name="g" status="run" result="completed"/><testcase name="h" status="timed-out"/>
      <testcase name="i" status="passed"><failure message="x"/></testcase>
    </testsuite>`);
  assert.deepEqual(brief(report), [
    "a FAIL ×1",
    "b FAIL ×1",
    "c SKIP ×1",
    "d SKIP disabled ×1",
    "e SKIP ×1",
    "f ERROR ×1",
    "g PASS ×1",
    "h FAIL timeout ×1",
    "i FAIL ×1",
  ]);
});

Deno.test("parseJunit() reads attempts as nextest, pytest-rerunfailures and GdUnit write them", () => {
  const nextest = parseJunit(`<testsuites><testsuite name="s"><testcase name="t" time="0.5">
      <failure message="passed on attempt 2 but is configured to fail when flaky" type="flaky failure"/>
      <flakyFailure type="panic">prior</flakyFailure></testcase></testsuite></testsuites>`);
  assert.deepEqual(brief(nextest), ["(t FAIL ×1)", "t FAIL ×2"]);
  assert.match(nextest.results[1]?.error_message ?? "", /configured to fail/);
  const pytest = parseJunit(`<testsuite name="pytest">
      <testcase name="a"><rerun message="first" type="AssertionError">tb</rerun></testcase>
      <testcase name="b"><rerun message="first"/><failure message="second"/></testcase></testsuite>`);
  assert.deepEqual(brief(pytest), [
    "(a FAIL ×1)",
    "a PASS flaky ×2",
    "(b FAIL ×1)",
    "b FAIL ×2",
  ]);
  const gdunit = parseJunit(
    `<testsuites flaky="1"><testsuite name="s" flaky="1"><testcase name="t" time="0.03">
      <failure message="FAILED: 90">at retry 1</failure><failure message="FAILED: 90">at retry 2</failure>
      </testcase></testsuite></testsuites>`,
  );
  assert.deepEqual(brief(gdunit), ["(t FAIL ×1)", "t FAIL ×2"]);
  assert.equal(gdunit.results[1]?.error_message, "FAILED: 90\nat retry 2");
});

Deno.test("parseJunit() takes Playwright's projects for variations, and the machine of others for nothing", () => {
  const suites = ["chromium", "firefox"].map((host) =>
    `<testsuite name="login.spec.ts" hostname="${host}"><testcase name="logs in" classname="login.spec.ts"/></testsuite>`
  ).join("");
  const variations = (root: string) =>
    parseJunit(`${root}${suites}</testsuites>`).results.map(({ variation }) => variation);
  assert.deepEqual(variations(`<testsuites id="" name="">`), ["chromium", "firefox"]);
  assert.deepEqual(variations("<testsuites>"), ["", ""]);
});

Deno.test("parseJunit() names a run after its root, or the one name of its suites", () => {
  const nameOf = (root: string, ...suites: readonly string[]) =>
    parseJunit(
      `${root}${suites.map((name) => `<testsuite name="${name}"/>`).join("")}</testsuites>`,
    )
      .suite;
  assert.equal(nameOf(`<testsuites name="jest tests">`, "a", "b"), "jest tests");
  assert.equal(nameOf("<testsuites>", "pytest"), "pytest");
  assert.equal(nameOf("<testsuites>", "pytest", "pytest"), "pytest");
  assert.equal(nameOf("<testsuites>", "a", "b"), null);
  assert.equal(nameOf("<testsuites>", "b", "a", "b"), null);
});

Deno.test("parseJunit() doubts durations of many hours, and reads milliseconds where a suite took less", () => {
  const [alone, within] = ["", ` time="50"`].map((time) =>
    parseJunit(`<testsuite name="s"${time}><testcase name="a" time="46983"/></testsuite>`)
  );
  assert.equal(alone?.results[0]?.duration_secs, 46_983);
  assert.equal(within?.results[0]?.duration_secs, 46.983);
  for (const report of [alone, within]) {
    assert.deepEqual(report?.warnings.map(({ code }) => code), ["junit.long_time"]);
  }
});

Deno.test("parseJunit() joins characters that are written as two references, wherever a piece ends", () => {
  const text =
    `<testsuite name="s"><testcase name="a &#xD83D;&#xDE00; &#55357;&#56832;"/><testcase name="b &#xD83D; &#128512;"/></testsuite>`;
  for (let cut = 1; cut < text.length; cut++) {
    const reader = new JunitReader(arriveNow());
    const { results } = readWhole(reader, [text.slice(0, cut), text.slice(cut)]);
    assert.deepEqual(
      results.map(({ tool_name }) => tool_name),
      ["a 😀 😀", "b \uFFFD 😀"],
      `${cut}`,
    );
  }
});

Deno.test("parseJunit() takes colours and characters that XML forbids out of names and messages", () => {
  const report = parseJunit(
    `<testsuite name="s"><testcase name="&#x1b;[32ma&#x1b;[0m\0"><failure message="bad &#0;&#x1b;[31mred&#x1b;[0m">text \x1b[1;31mred\x1b[0m\0 &#27;\u0085end</failure></testcase></testsuite>`,
  );
  assert.equal(report.results[0]?.tool_name, "a");
  assert.equal(report.results[0]?.error_message, "bad red\ntext red \u0085end");
  assert.deepEqual(report.warnings.map(({ code }) => code), ["junit.control_characters"]);
});

Deno.test("parseJunit() reads names with a namespace, and tests within tests of other runners than Deno", () => {
  const spaced = parseJunit(
    `<ju:testsuite xmlns:ju="urn:x" name="s"><ju:testcase name="a"><ju:failure message="x"/></ju:testcase></ju:testsuite>`,
  );
  assert.deepEqual(brief(spaced), ["a FAIL ×1"]);
  const vitest = parseJunit(
    `<testsuites name="vitest tests"><testsuite name="a"><testcase name="login"/><testcase name="login &gt; works"/></testsuite></testsuites>`,
  );
  assert.deepEqual(brief(vitest), ["login PASS ×1", "login > works PASS ×1"]);
});

Deno.test("parseReport() says what a file looks like that is no report, and where", () => {
  const cases: readonly (readonly [string, RegExp, string])[] = [
    ["<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", /HTML page/, "1:"],
    [`<testsuite name="s"/>\n<testsuite name="t"/>`, /second document/, "2:"],
    [`<testsuite name="s"/>\nnpm warn`, /outside of the report/, "2:"],
    [`<testsuite name="s"/>\n\0\0`, /outside of the report/, "2:"],
    [
      `npm warn something\n<?xml version="1.0"?>\n<testsuite/>`,
      /before the report: "npm warn something"/,
      "1:1",
    ],
    [`<testsuite name="s">\n<testcase name="a & b"/></testsuite>`, /&amp;/, "2:19"],
    [`<testsuite name="s"><testcase name="a && b &lt;"/></testsuite>`, /&amp;/, "1:39"],
  ];
  for (const [text, words, place] of cases) {
    assert.throws(() => parseReport(text), (error) => {
      assert.ok(error instanceof ReportError && typeof error.position === "object");
      assert.match(error.message, words);
      const { line, column } = error.position ?? {};
      assert.ok(`${line}:${column}`.startsWith(place), `${text}: ${line}:${column}`);
      return true;
    });
  }
  assert.equal(parseReport(`\n\n <?xml version="1.0"?><testsuite name="s"/>`).suite, "s");
});

Deno.test("parseJunit() keeps pytest's teardown error as a second row of the failed test", () => {
  const report = parseJunit(`<testsuites><testsuite name="pytest">
      <testcase classname="t.m" name="test_a" time="0.1"><failure message="assert 1 == 2">E</failure></testcase>
      <testcase classname="t.m" name="test_a" time="0.2"><error message="failed on teardown with &quot;boom&quot;">E</error></testcase>
      <testcase classname="t.m" name="test_b"><error message="failed on teardown with &quot;boom&quot;"/></testcase>
      <testcase classname="t.m" name="test_c"><skipped type="pytest.xfail" message="known"/></testcase>
      <testcase classname="t.m" name="test_d"><failure message="[XPASS(strict)] should fail"/></testcase>
      <testcase classname="t.m" name="test_e[1]"/><testcase classname="t.m" name="test_e[1]"/>
    </testsuite></testsuites>`);
  assert.deepEqual(brief(report), [
    "test_a FAIL ×1",
    "(test_a ERROR teardown ×1)",
    "test_b ERROR ×1",
    "test_c SKIP xfail ×1",
    "test_d FAIL xpass ×1",
    "test_e[1] PASS ×1",
    "test_e[1] PASS ×1",
  ]);
});

Deno.test("parseJunit() finds the teardown error of a test even with other tests in between", () => {
  const report = parseJunit(`<testsuite name="pytest">
      <testcase classname="t.m" name="test_a"><failure message="assert 1 == 2"/></testcase>
      <testcase classname="t.m" name="test_b"/>
      <testcase classname="t.m" name="test_a"><error message="failed on teardown with &quot;boom&quot;"/></testcase>
    </testsuite>`);
  assert.deepEqual(brief(report), [
    "test_a FAIL ×1",
    "test_b PASS ×1",
    "(test_a ERROR teardown ×1)",
  ]);
});

Deno.test("parseJunit() takes colours and lines that say only that or where a test failed from the front of a message", () => {
  const cases: readonly [
    name: string,
    failure: string,
    message: string,
    error_class: string | null,
  ][] = [
    [
      "TestGet",
      `<failure message="Failed" type="">=== RUN   TestGet\n    get_test.go:5: status 404\n--- FAIL: TestGet (0.00s)</failure>`,
      "get_test.go:5: status 404\n--- FAIL: TestGet (0.00s)",
      null,
    ],
    [
      "testTotal",
      `<failure type="PHPUnit\\Framework\\ExpectationFailedException">Cart\\CartTest::testTotal\nFailed asserting that 2 is 3.</failure>`,
      "Failed asserting that 2 is 3.",
      "PHPUnit\\Framework\\ExpectationFailedException",
    ],
    [
      "cart › fills",
      `<failure message="cart.spec.ts:3:5 fills" type="FAILURE">  [chromium] › cart.spec.ts:3:5 › cart › fills ────\n\n    TimeoutError: page.click</failure>`,
      "TimeoutError: page.click",
      "TimeoutError",
    ],
    [
      "Add",
      `<failure message="sum.cc:12&#10;Expected equality" type="">sum.cc:12\nExpected equality</failure>`,
      "Expected equality\nsum.cc:12",
      null,
    ],
    [
      "tests::adds",
      `<failure type="test failure" message="thread 'tests::adds' panicked at src/lib.rs:9:9:&#10;left is not right"/>`,
      "left is not right\nthread 'tests::adds' panicked at src/lib.rs:9:9:",
      null,
    ],
    [
      "red",
      `<failure message="&#27;[31mTypeError&#27;[39m: boom">&#27;[31mTypeError&#27;[39m: boom\n#x1B[2mat a.js:1:2#x1B[0m</failure>`,
      "TypeError: boom\nat a.js:1:2",
      "TypeError",
    ],
    ["boom", `<failure message="boom">at boom.js:1:2</failure>`, "boom\nat boom.js:1:2", null],
    ["late", `<failure>Failed</failure>`, "Failed", null],
  ];
  for (const [name, failure, message, error_class] of cases) {
    const [row] = parseJunit(
      `<testsuite name="s"><testcase name="${name}">${failure}</testcase></testsuite>`,
    ).results;
    assert.deepEqual([row?.error_message, row?.error_class], [message, error_class], name);
  }
});

Deno.test("parseJunit() counts a failure outside of all cases", () => {
  const report = parseJunit(`<testsuites><testsuite name="a_test.py">
      <error message="ImportError: no module named a"/><testcase name="b"/>
    </testsuite></testsuites>`);
  assert.deepEqual(brief(report), ["a_test.py ERROR ×1", "b PASS ×1"]);
  assert.deepEqual(report.warnings.map(({ code }) => code), ["junit.suite_failed"]);
});

Deno.test("parseJunit() reads decimal and grouping commas, and drops figures that fit no column", () => {
  const report = parseJunit(`<testsuite>
      <testcase name="a" time="0,5"/><testcase name="b" time="12,25"/>
      <testcase name="c" time="1,234.5"/><testcase name="d" time="12345678"/>
      <testcase name="e"><properties><property name="tokens_total" value="1.5"/></properties></testcase>
    </testsuite>`);
  assert.deepEqual(report.results.map(({ duration_secs }) => duration_secs), [
    0.5,
    12.25,
    1234.5,
    null,
    null,
  ]);
  assert.deepEqual(report.warnings.map(({ code }) => code), ["junit.bad_time"]);
  const last = report.results.at(-1);
  assert.deepEqual([last?.tokens_total, last?.extra], [null, {
    properties: { tokens_total: "1.5" },
  }]);
});

Deno.test("parseJunit() never splits a character when it cuts a long message", () => {
  for (const length of [MAX_MESSAGE - 1, MAX_MESSAGE]) {
    const [row] = parseJunit(
      `<testsuite><testcase name="a"><failure>${
        "x".repeat(length)
      }😀😀</failure></testcase></testsuite>`,
    ).results;
    assert.ok(row?.error_message?.isWellFormed());
    assert.equal(row?.error_message, `${"x".repeat(length)}…`);
  }
});

Deno.test("parseJunit() makes one row of each of Surefire's attempts and counts the last", () => {
  const report = parseJunit(`<testsuite name="s">
      <testcase name="flaky" time="3"><flakyFailure message="1" type="java.lang.AssertionError"><stackTrace>at x</stackTrace></flakyFailure><flakyError message="2"/></testcase>
      <testcase name="never" time="4"><failure message="1"/><rerunFailure message="2"/><rerunError message="3"/></testcase>
    </testsuite>`);
  assert.deepEqual(brief(report), [
    "(flaky FAIL ×1)",
    "(flaky ERROR ×2)",
    "flaky PASS flaky ×3",
    "(never FAIL ×1)",
    "(never FAIL ×2)",
    "never ERROR ×3",
  ]);
  assert.equal(report.results[0]?.error_class, "java.lang.AssertionError");
  assert.deepEqual(report.results.map((row) => row.duration_secs), [null, null, 3, null, null, 4]);
});

Deno.test("parseJunit() counts a failed step of Deno as one failure, without its parents", () => {
  const report = parseJunit(`<testsuites name="deno test"><testsuite name="./a_test.ts">
      <testcase name="a" classname="./a_test.ts"><failure message="1 test step failed."/></testcase>
      <testcase name="a &gt; b" classname="./a_test.ts"><failure message="1 test step failed."/></testcase>
      <testcase name="a &gt; b &gt; c" classname="./a_test.ts"><failure message="Uncaught Error: no">TypeError: no</failure></testcase>
      <testcase name="own" classname="./a_test.ts"><failure message="Uncaught Error: own">Error: own</failure></testcase>
      <testcase name="own &gt; fine" classname="./a_test.ts"/>
      <testcase name="x &gt; y" classname="./a_test.ts"/>
    </testsuite></testsuites>`);
  assert.deepEqual(brief(report), [
    "(a FAIL steps ×1)",
    "(a > b FAIL steps ×1)",
    "a > b > c FAIL ×1",
    "own FAIL ×1",
    "own > fine PASS ×1",
    "x > y PASS ×1",
  ]);
});

Deno.test("parseJunit() refuses documents that define or load entities", () => {
  const bomb = `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>\n<testsuite>&b;</testsuite>`;
  assert.throws(() => parseJunit(bomb), failsAt("junit.forbidden"));
  const external = `<!DOCTYPE x SYSTEM "file:///etc/passwd">\n<testsuite/>`;
  assert.throws(() => parseJunit(external), failsAt("junit.forbidden"));
  const undefinedEntity = `<testsuite>\n<testcase name="&passwd;"/></testsuite>`;
  assert.throws(() => parseJunit(undefinedEntity), failsAt("junit.malformed", 2));
});

Deno.test("parseJunit() refuses a truncated file with its line, wherever it is cut", () => {
  const whole = `<testsuite name="s">\n<testcase name="a"><failure message="m">t</failure>` +
    `</testcase>\n<testcase name="b"/>\n</testsuite>`;
  assert.equal(parseJunit(whole).results.length, 2);
  fc.assert(fc.property(fc.integer({ min: 1, max: whole.length - 1 }), (length) => {
    const lines = whole.slice(0, length).split("\n").length;
    assert.throws(
      () => parseJunit(whole.slice(0, length)),
      (error) =>
        error instanceof ReportError && typeof error.position === "object" &&
        (error.position?.line ?? 0) <= lines,
    );
  }));
  assert.throws(() => parseJunit("<html><body/></html>"), failsAt("junit.not_a_report", 1));
});

Deno.test("parseJunit() reads a case's known properties into columns and keeps the others", () => {
  const [row] = parseJunit(`<testsuite><testcase name="a"><properties>
      <property name="model" value="gpt-5.6-luna"/><property name="cost_usd" value="0.25"/>
      <property name="tokens_total" value="1200"/><property name="owner" value="web"/>
      <property name="memory_mb" value="many"/>
    </properties></testcase></testsuite>`).results;
  assert.deepEqual([row?.model, row?.cost_usd, row?.tokens_total, row?.memory_mb], [
    "gpt-5.6-luna",
    0.25,
    1200,
    null,
  ]);
  assert.deepEqual(row?.extra, { properties: { owner: "web", memory_mb: "many" } });
});

Deno.test("parseJunit() returns every name and message unchanged", () => {
  const escape = (text: string) =>
    text.replace(/[&<>"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
  const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 })
    .filter((value) =>
      value.trim() === value && !/\p{Cc}|[\ufffe\uffff]/u.test(value) && value !== ""
    );
  fc.assert(fc.property(text, text, (name, message) => {
    const xml = `<testsuite><testcase name="${escape(name)}"><failure>${
      escape(message)
    }</failure></testcase></testsuite>`;
    const [row] = parseJunit(xml).results;
    assert.equal(row?.tool_name, name);
    assert.equal(row?.error_message, message);
  }));
});
