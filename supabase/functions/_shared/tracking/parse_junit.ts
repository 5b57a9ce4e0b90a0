import { SaxesParser } from "saxes";
import { OWN_FIELDS, readOwnText } from "./own_fields.ts";
import { readFigures } from "./read_json_report.ts";
import {
  makeResult,
  MAX_RESULTS,
  type ParsedReport,
  type ParsedResult,
  ReportError,
  type ReportWarning,
  type TestStatus,
} from "./report_model.ts";
import {
  cleanMessage,
  findErrorClass,
  readLine,
  readSeconds,
  readTimestamp,
} from "./read_values.ts";

/** One result element of a test case. */
interface Outcome {
  readonly kind: string;
  readonly type: string;
  readonly message: string;
  text: string;
}

/** A test case as it stands in the file. */
interface Case {
  readonly suites: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly suiteFile: string | undefined;
  readonly outcomes: Outcome[];
  readonly properties: Record<string, string>;
}

const FAILURES = new Set(["failure", "error"]);
/** Surefire: failed first, passed at last. */
const FLAKY = new Set(["flakyFailure", "flakyError"]);
/** Surefire: failed, tried again, failed again. */
const RERUN = new Set(["rerunFailure", "rerunError"]);
const OUTCOMES = new Set([...FAILURES, ...FLAKY, ...RERUN, "skipped", "disabled"]);

/** What XML forbids: the control characters but white space and those from U+0080, and two more. */
const FORBIDDEN = /[^\P{Cc}\t\n\r\x7f-\x9f]|[\ufffe\uffff]/gu;
const FORBIDDEN_REFERENCE = /&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[1245-9]|2\d|3[01]));/gi;

/**
 * Reads a report in JUnit's XML as it is found in the wild.
 *
 * Results are counted from the cases themselves; count attributes are never looked at. Suites may be
 * nested or missing. Of several results in one case an error outweighs a failure, and that a skip.
 * Surefire's repeated attempts become a row each, of which the last counts; pytest's error in the
 * teardown of a test that has failed is a second row of that test; Deno's steps are tests by their
 * full name, and a test with steps counts by itself only where more than its steps failed.
 *
 * @throws {ReportError} `junit.malformed` with line and column, `junit.forbidden` for document type
 * declarations that define or load anything, `junit.not_a_report`, `report.too_many_results`.
 */
export function parseJunit(text: string): ParsedReport {
  const warnings: ReportWarning[] = [];
  const { cases, suiteName, timestamp } = readCases(replaceForbidden(text, warnings), warnings);
  const rows: Omit<ParsedResult, "ordinal">[] = [];
  const groups = findStepGroups(cases);
  const earlier = new Map<string, Case>();
  for (const found of cases) {
    const name = fullName(found);
    const read = toRows(found, groups.has(name), earlier.get(name), warnings);
    earlier.set(name, found);
    const own = readOwnText(found.properties[OWN_FIELDS]);
    rows.push(...read.map((row) => ({ ...row, ...own })));
  }
  return {
    format: "junit",
    suite: suiteName,
    runTimestamp: timestamp,
    branchName: null,
    commitHash: null,
    watcherModel: null,
    notes: null,
    results: rows.map((row, ordinal) => ({ ...row, ordinal })),
    warnings,
    extra: null,
  };
}

function replaceForbidden(text: string, warnings: ReportWarning[]): string {
  let count = 0;
  const replace = () => {
    count++;
    return "\uFFFD";
  };
  const clean = text.replace(FORBIDDEN, replace).replace(FORBIDDEN_REFERENCE, replace);
  if (count > 0) {
    warnings.push({
      code: "junit.control_characters",
      detail: `${count} characters that XML does not allow were replaced.`,
    });
  }
  return clean;
}

function readCases(text: string, warnings: ReportWarning[]) {
  const parser = new SaxesParser<{ xmlns: false; position: true }>({
    xmlns: false,
    position: true,
  });
  const suites: { name: string; file: string | undefined }[] = [];
  const cases: Case[] = [];
  const open: string[] = [];
  let current: Case | null = null;
  let outcome: Outcome | null = null;
  let suiteName: string | null = null;
  let timestamp: string | null = null;
  let depth = 0;

  const fail = (code: string, detail: string): never => {
    throw new ReportError(code, detail, { line: parser.line, column: parser.column + 1 });
  };
  /** For what failed outside of all cases, as a file that does not load. */
  const addSuiteCase = (): Case => {
    const suite = suites.at(-1);
    const added: Case = {
      suites: suites.map(({ name }) => name),
      attributes: { name: suite?.name || "(suite)" },
      suiteFile: suite?.file,
      outcomes: [],
      properties: {},
    };
    cases.push(added);
    warnings.push({
      code: "junit.suite_failed",
      detail: "A suite failed outside of its cases: that is counted as a test of its name.",
    });
    return added;
  };
  parser.on("error", (error) => fail("junit.malformed", sentence(error.message)));
  parser.on("doctype", (doctype) => {
    if (/[[]|\b(SYSTEM|PUBLIC)\b/.test(doctype)) {
      fail("junit.forbidden", "Document types that define or load anything are refused.");
    }
  });
  parser.on("opentag", (tag) => {
    const { name, attributes } = tag;
    if (++depth > 200) fail("junit.malformed", "Elements are nested too deeply.");
    open.push(name);
    if (open.length === 1 && name !== "testsuites" && name !== "testsuite") {
      fail("junit.not_a_report", `The file begins with <${name}>, not with <testsuites>.`);
    }
    if (name === "testsuites") suiteName ??= attributes.name?.trim() || null;
    else if (name === "testsuite") {
      suites.push({ name: attributes.name ?? "", file: attributes.file });
      if (suites.length === 1) suiteName ??= attributes.name?.trim() || null;
      const began = readTimestamp(attributes.timestamp);
      if (began !== null && (timestamp === null || began < timestamp)) timestamp = began;
    } else if (name === "testcase") {
      if (cases.length >= MAX_RESULTS) {
        fail("report.too_many_results", `The report has more than ${MAX_RESULTS} test cases.`);
      }
      current = {
        suites: suites.map((suite) => suite.name),
        attributes,
        suiteFile: suites.at(-1)?.file,
        outcomes: [],
        properties: {},
      };
      cases.push(current);
    } else if (OUTCOMES.has(name) && outcome === null) {
      const owner = current ?? (FAILURES.has(name) ? addSuiteCase() : null);
      if (owner === null) return;
      const { type = "", message = "" } = attributes;
      outcome = { kind: name, type, message, text: "" };
      owner.outcomes.push(outcome);
    } else if (current !== null && name === "property" && attributes.name !== undefined) {
      current.properties[attributes.name] = attributes.value ?? "";
    }
  });
  const addText = (piece: string) => {
    // Inside of surefire's attempts stand stack traces and output; the first text is enough.
    if (outcome !== null && outcome.text.length < 100_000) outcome.text += piece;
  };
  parser.on("text", addText);
  parser.on("cdata", addText);
  parser.on("closetag", ({ name }) => {
    depth--;
    open.pop();
    if (name === "testsuite") suites.pop();
    else if (name === "testcase") current = null;
    else if (OUTCOMES.has(name) && outcome?.kind === name) outcome = null;
  });
  parser.write(text).close();
  return { cases, suiteName, timestamp };
}

/** The parser's words, without the position that it puts before them. */
function sentence(message: string): string {
  const words = message.replace(/^\d+:\d+:\s*/, "");
  return `${words.charAt(0).toUpperCase()}${words.slice(1).replace(/\.?$/, ".")}`;
}

function fullName({ suites, attributes }: Case): string {
  return [...suites, attributes.classname ?? "", attributes.name ?? ""].join("\x1f");
}

/** Names of the tests that have steps, which Deno lists beside them as `test > step`. */
function findStepGroups(cases: readonly Case[]): Set<string> {
  const names = new Set(cases.map(fullName));
  const groups = new Set<string>();
  for (const name of names) {
    for (let at = name.lastIndexOf(" > "); at > 0; at = name.lastIndexOf(" > ", at - 1)) {
      const parent = name.slice(0, at);
      if (names.has(parent)) groups.add(parent);
    }
  }
  return groups;
}

type Row = Omit<ParsedResult, "ordinal">;

function toRows(
  found: Case,
  hasSteps: boolean,
  earlier: Case | undefined,
  warnings: ReportWarning[],
): Row[] {
  const { attributes, outcomes } = found;
  const name = attributes.name?.trim() ?? "";
  if (name === "") {
    warnings.push({ code: "junit.nameless_case", detail: "A test case without a name was kept." });
  }
  const base = {
    ...makeResult({ ordinal: 0, toolName: name === "" ? "(no name)" : name, status: "PASS" }),
    ...readProperties(found.properties),
    className: attributes.classname ?? found.suites.at(-1) ?? "",
    durationSecs: readSeconds(attributes.time),
    filePath: attributes.file ?? found.suiteFile ?? null,
    lineNumber: readLine(attributes.line),
  };
  if (attributes.time !== undefined && attributes.time !== "" && base.durationSecs === null) {
    warnings.push({
      code: "junit.bad_time",
      detail: `"${attributes.time.slice(0, 50)}" is no duration.`,
    });
  }
  const attempts = outcomes.filter(({ kind }) => FLAKY.has(kind) || RERUN.has(kind));
  const main = weigh(outcomes);
  const final: Row = { ...base, ...main === null ? readStatus(attributes) : describe(main, found) };
  const isFlaky = attempts.some(({ kind }) => FLAKY.has(kind));
  if (attempts.length > 0) {
    // Surefire puts the first failure of a test that never passed before the attempts after it.
    const failures = isFlaky ? attempts : [...main === null ? [] : [main], ...attempts];
    const failed = failures.map((attempt, index): Row => ({
      ...base,
      ...describe(attempt, found),
      durationSecs: null,
      attempt: index + 1,
      isCounted: false,
    }));
    if (isFlaky) {
      return [...failed, {
        ...final,
        status: "PASS",
        executionStatus: "flaky",
        attempt: failed.length + 1,
      }];
    }
    return failed.map((row, index) =>
      index === failed.length - 1
        ? { ...row, isCounted: true, durationSecs: base.durationSecs }
        : row
    );
  }
  if (earlier !== undefined && isTeardown(main, earlier)) {
    return [{ ...final, executionStatus: "teardown", isCounted: false }];
  }
  if (hasSteps) {
    const failsByItself = main !== null && FAILURES.has(main.kind) && !isStepsFailure(main);
    return [{
      ...final,
      isCounted: failsByItself,
      executionStatus: failsByItself ? final.executionStatus : "steps",
    }];
  }
  return [final];
}

/** The result that decides: an error before a failure before a skip. */
function weigh(outcomes: readonly Outcome[]): Outcome | null {
  for (const kind of ["error", "failure", "skipped", "disabled"]) {
    const found = outcomes.find((outcome) => outcome.kind === kind);
    if (found !== undefined) return found;
  }
  return null;
}

/** What googletest and others say in an attribute instead of an element. */
function readStatus(attributes: Case["attributes"]): Partial<Row> {
  const status = attributes.status?.toLowerCase();
  if (status === "notrun" || status === "disabled") {
    return { status: "SKIP", executionStatus: "disabled" };
  }
  return status === "skipped" ? { status: "SKIP" } : {};
}

function describe(outcome: Outcome, { attributes }: Case): Partial<Row> & { status: TestStatus } {
  const { kind, type, message, text } = outcome;
  if (kind === "skipped" || kind === "disabled") {
    const isXfail = /\bxfail\b/i.test(type) || /^expected test failure/i.test(message);
    const isXpass = /passes unexpectedly/i.test(message);
    const executionStatus = isXpass
      ? "xpass"
      : isXfail
      ? "xfail"
      : kind === "disabled"
      ? "disabled"
      : null;
    return { status: "SKIP", executionStatus, errorMessage: cleanMessage(message || text) };
  }
  // The message first, by which failures are told apart: pytest's text begins with the test's source.
  const whole = dropPreamble(
    text.trimStart().startsWith(message) ? text || message : `${message}\n${text}`,
    attributes.name ?? "",
  );
  const isXpass = /^\[XPASS\(strict\)\]/.test(message);
  const isTimeout = /timed? ?out/i.test(type);
  return {
    status: /error/i.test(kind) ? "ERROR" : "FAIL",
    executionStatus: isXpass ? "xpass" : isTimeout ? "timeout" : null,
    errorMessage: cleanMessage(whole),
    errorClass: GENERIC_TYPE.test(type.trim()) ? findErrorClass(whole) : type.trim(),
  };
}

/** No class of an error. */
const GENERIC_TYPE = /^(?:(?:test )?(?:failure|failed|error))?$/i;

/**
 * Lines that say that something failed, or where, and not what: Go's and Rust's, googletest's place,
 * and "Failed" alone.
 */
const PREAMBLE =
  /^(?:(?:test )?(?:failure|failed|error)[.:!]?|=== (?:RUN|PAUSE|CONT|NAME)\b.*|--- FAIL: .*|thread '.*' (?:\(\d+\) )?panicked at \S+:\d+:\d+:|[^\s:]+\.[a-z]\w*:\d+(?::\d+)?:?)?$/i;

/** Without the lines before the first that tells this failure from another; all of it where none does. */
function dropPreamble(text: string, name: string): string {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => !PREAMBLE.test(line.trim()) && !isHeading(line, name));
  return first < 1 ? text : lines.slice(first).join("\n");
}

/** PHPUnit's `Class::name` and Playwright's `[project] › file:1:2 › name ───`. */
function isHeading(line: string, name: string): boolean {
  if (name === "") return false;
  const heading = line.replace(/(?<![\s─━])[\s─━]+$/, "");
  const title = name.split(" › ").at(-1) ?? name;
  return heading.split("::").at(-1)?.startsWith(name) === true && heading.includes("::") ||
    heading.endsWith(title) && /:\d+:\d+[\s›]*/.test(heading.slice(0, -title.length));
}

/** Deno's words for a test of which only steps failed. */
function isStepsFailure({ message, text }: Outcome): boolean {
  return /^\s*\d+ test steps? failed\.?\s*$/.test(message === "" ? text : message);
}

/** pytest writes a test's failure and its teardown's error as two cases of one name, far apart when it runs in parallel. */
function isTeardown(main: Outcome | null, earlier: Case): boolean {
  return main?.kind === "error" && /\bteardown\b/i.test(main.message) &&
    earlier.outcomes.some(({ kind }) => FAILURES.has(kind));
}

/** Properties of a test case that are columns of ours. */
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
    memoryMb: figures.memory_mb,
    cpuPercent: figures.cpu_percent,
    tokensTotal: figures.tokens_total,
    costUsd: figures.cost_usd,
    watcherQuality: figures.watcher_quality,
    extra: others.length === 0 ? null : { properties: Object.fromEntries(others) },
  };
}
