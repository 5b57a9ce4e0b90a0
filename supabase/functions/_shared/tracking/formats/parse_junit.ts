import {
  FAILURES,
  FLAKY,
  type JunitCase,
  type JunitOutcome,
  readJunitCases,
  RERUN,
} from "./junit_cases.ts";
import { describeOutcome } from "./junit_failure.ts";
import { OWN_FIELDS, readOwnText } from "./own_fields.ts";
import { readFigures } from "./parse_own_json.ts";
import { readLine, readSeconds } from "./read_values.ts";
import {
  makeResult,
  NOTHING_SAID,
  type ParsedReport,
  type ParsedResult,
  type ReportWarning,
} from "./report_model.ts";

type Row = Omit<ParsedResult, "ordinal">;

/**
 * Reads a report in JUnit's XML as test runners write it.
 *
 * - Results are counted from the test cases; count attributes are ignored. Suites may be nested or
 *   missing.
 * - If a case has several outcomes, an error decides before a failure, and a failure before a skip.
 * - Surefire's repeated attempts become one row each, of which only the last one is counted.
 * - pytest's error in the teardown of a failed test becomes a second, uncounted row of the test.
 * - Deno's steps are tests of their full name. A test with steps is counted only if it failed itself,
 *   and not through its steps.
 *
 * @throws {ReportError} `junit.malformed`; `junit.forbidden` for document type declarations that define
 * or load anything; `junit.not_a_report`; `report.too_many_results`. Each has line and column.
 */
export function parseJunit(text: string): ParsedReport {
  const warnings: ReportWarning[] = [];
  const { cases, suiteName, timestamp } = readJunitCases(text, warnings);
  const rows: Row[] = [];
  const testsWithSteps = findTestsWithSteps(cases);
  const earlier = new Map<string, JunitCase>();
  for (const found of cases) {
    const name = fullName(found);
    const read = toRows(found, testsWithSteps.has(name), earlier.get(name), warnings);
    earlier.set(name, found);
    const own = readOwnText(found.properties[OWN_FIELDS]);
    rows.push(...read.map((row) => ({ ...row, ...own })));
  }
  return {
    format: "junit",
    ...NOTHING_SAID,
    suite: suiteName,
    run_timestamp: timestamp,
    results: rows.map((row, ordinal) => ({ ...row, ordinal })),
    warnings,
  };
}

function fullName({ suites, attributes }: JunitCase): string {
  return [...suites, attributes.classname ?? "", attributes.name ?? ""].join("\x1f");
}

/** Returns the full names of the tests that have steps. Deno lists steps beside them as `test > step`. */
function findTestsWithSteps(cases: readonly JunitCase[]): Set<string> {
  const names = new Set(cases.map(fullName));
  const parents = new Set<string>();
  for (const name of names) {
    for (let at = name.lastIndexOf(" > "); at > 0; at = name.lastIndexOf(" > ", at - 1)) {
      const parent = name.slice(0, at);
      if (names.has(parent)) parents.add(parent);
    }
  }
  return parents;
}

/** @param earlier the last case of the same full name before this one. */
function toRows(
  found: JunitCase,
  hasSteps: boolean,
  earlier: JunitCase | undefined,
  warnings: ReportWarning[],
): Row[] {
  const { attributes, outcomes } = found;
  const base = readFacts(found, warnings);
  const main = pickDecisive(outcomes);
  const describe = (outcome: JunitOutcome) => describeOutcome(outcome, attributes.name ?? "");
  const final: Row = { ...base, ...main === null ? readStatus(attributes) : describe(main) };
  const attempts = outcomes.filter(({ kind }) => FLAKY.has(kind) || RERUN.has(kind));
  if (attempts.length > 0) {
    const hasPassed = attempts.some(({ kind }) => FLAKY.has(kind));
    // Surefire writes the first failure of a test that never passed as a plain failure.
    const failures = hasPassed || main === null ? attempts : [main, ...attempts];
    return toAttempts(
      failures.map((outcome) => ({ ...base, ...describe(outcome) })),
      final,
      hasPassed,
    );
  }
  if (earlier !== undefined && isTeardown(main, earlier)) {
    return [{ ...final, execution_status: "teardown", is_counted: false }];
  }
  if (hasSteps && !(main !== null && FAILURES.has(main.kind) && !isStepsFailure(main))) {
    return [{ ...final, execution_status: "steps", is_counted: false }];
  }
  return [final];
}

/** Reads everything but the outcome. */
function readFacts(
  { attributes, suites, suiteFile, properties }: JunitCase,
  warnings: ReportWarning[],
): Row {
  const name = attributes.name?.trim() ?? "";
  if (name === "") {
    warnings.push({ code: "junit.nameless_case", detail: "A test case has no name." });
  }
  const duration_secs = readSeconds(attributes.time);
  if (attributes.time !== undefined && attributes.time !== "" && duration_secs === null) {
    warnings.push({
      code: "junit.bad_time",
      detail: `"${attributes.time.slice(0, 50)}" is no duration.`,
    });
  }
  return {
    ...makeResult({ ordinal: 0, tool_name: name === "" ? "(no name)" : name, status: "PASS" }),
    ...readProperties(properties),
    class_name: attributes.classname ?? suites.at(-1) ?? "",
    duration_secs,
    file_path: attributes.file ?? suiteFile ?? null,
    line_number: readLine(attributes.line),
  };
}

/** Numbers the failed attempts of a test. Only its last row is counted and has the duration. */
function toAttempts(failures: readonly Row[], final: Row, hasPassed: boolean): Row[] {
  const failed = failures.map((row, index): Row => ({
    ...row,
    duration_secs: null,
    attempt: index + 1,
    is_counted: false,
  }));
  if (hasPassed) {
    const attempt = failed.length + 1;
    return [...failed, { ...final, status: "PASS", execution_status: "flaky", attempt }];
  }
  const { duration_secs } = final;
  return failed.with(-1, { ...failed.at(-1) ?? final, is_counted: true, duration_secs });
}

/** Returns the outcome that decides: an error before a failure before a skip. */
function pickDecisive(outcomes: readonly JunitOutcome[]): JunitOutcome | null {
  for (const kind of ["error", "failure", "skipped", "disabled"]) {
    const found = outcomes.find((outcome) => outcome.kind === kind);
    if (found !== undefined) return found;
  }
  return null;
}

/** Reads the status attribute, which googletest and others write instead of an element. */
function readStatus(attributes: JunitCase["attributes"]): Partial<Row> {
  const status = attributes.status?.toLowerCase();
  if (status === "notrun" || status === "disabled") {
    return { status: "SKIP", execution_status: "disabled" };
  }
  return status === "skipped" ? { status: "SKIP" } : {};
}

/** Recognises Deno's message for a test of which only steps failed. */
function isStepsFailure({ message, text }: JunitOutcome): boolean {
  return /^\s*\d+ test steps? failed\.?\s*$/.test(message === "" ? text : message);
}

/**
 * Recognises the error of a teardown. pytest writes a test's failure and its teardown's error as two
 * cases of one name, which are far apart if it runs in parallel.
 */
function isTeardown(main: JunitOutcome | null, earlier: JunitCase): boolean {
  return main?.kind === "error" && /\bteardown\b/i.test(main.message) &&
    earlier.outcomes.some(({ kind }) => FAILURES.has(kind));
}

/** Reads the properties of a test case that are columns of ours. The others are kept in `extra`. */
function readProperties(properties: Readonly<Record<string, string>>): Partial<Row> {
  const figures = readFigures((name) => {
    const text = properties[name];
    if (text === undefined) return undefined;
    const value = Number(text.trim() || NaN);
    return name === "watcher_quality" && value >= 1 && value <= 10 ? Math.round(value) : value;
  });
  const known = new Set([
    ...["variation", "provider", "model"],
    ...Object.entries(figures).flatMap(([name, value]) => value === null ? [] : [name]),
    ...readOwnText(properties[OWN_FIELDS]) === null ? [] : [OWN_FIELDS],
  ]);
  const others = Object.entries(properties).filter(([name]) => !known.has(name));
  return {
    variation: properties.variation ?? "",
    provider: properties.provider ?? "",
    model: properties.model ?? "",
    ...figures,
    extra: others.length === 0 ? null : { properties: Object.fromEntries(others) },
  };
}
