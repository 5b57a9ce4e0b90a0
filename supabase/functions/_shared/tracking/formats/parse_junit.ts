import {
  FAILURES,
  FLAKY,
  type JunitCase,
  JunitCaseReader,
  type JunitOutcome,
  RERUN,
} from "./junit_cases.ts";
import { describeOutcome } from "./junit_failure.ts";
import { OWN_FIELDS, readOwnText } from "./own_fields.ts";
import { readFigures } from "./parse_own_json.ts";
import { stripColours } from "../strip_colours.ts";
import { readLine, readSeconds } from "./read_values.ts";
import { hashOn, PlaceHasher, StepFinder, TestNames } from "./junit_names.ts";
import {
  NOTHING_SAID,
  type ParsedReport,
  type ParsedResult,
  passedResult,
} from "./report_model.ts";
import {
  arriveNow,
  readWhole,
  type ReportContext,
  type ReportEnd,
  type ReportReader,
  type Warnings,
} from "./report_reader.ts";

/**
 * Reads a report in JUnit's XML as test runners write it.
 *
 * - Results are counted from the test cases; count attributes are ignored. Suites may be nested or
 *   missing.
 * - If a case has several outcomes, an error decides before a failure, and a failure before a skip.
 * - Repeated attempts (Surefire, nextest, pytest-rerunfailures, GdUnit) become one row each, of which only the
 *   last one is counted. Attempts that a runner writes as cases of one name are joined in the database.
 * - pytest's error in the teardown of a failed test becomes a second, uncounted row of the test.
 * - Steps in Deno's own reports are tests of their full name. A test with steps is counted only if it
 *   failed itself, and not through its steps.
 * - Playwright's projects are variations of a test.
 *
 * @throws {ReportError} `junit.malformed`; `junit.forbidden` for document type declarations that define
 * or load anything; `junit.not_a_report`; `report.too_many_results`. Each has line and column.
 */
export function parseJunit(text: string, context: ReportContext = arriveNow()): ParsedReport {
  return readWhole(new JunitReader(context), [text]);
}

/** Name that Deno gives to its reports. */
const DENO_SUITE = "deno test";

/** Stands for the name of a test that has none. */
const NAMELESS = "(no name)";

/** Duration above which a test's time is doubted: twelve hours. */
const LONG_TEST_SECONDS = 12 * 3_600;

/** Outcomes by the word of an attribute, in lower case without separators. Any other word is a passed test. */
const STATED: Readonly<Record<string, Partial<ParsedResult>>> = {
  ...byWords({ status: "FAIL" }, "failed", "fail", "failure", "failing"),
  ...byWords({ status: "FAIL", execution_status: "timeout" }, "timeout", "timedout"),
  ...byWords({ status: "ERROR" }, "error", "errored", "broken", "crashed", "aborted"),
  ...byWords({ status: "SKIP" }, "skipped", "skip", "ignored", "pending", "todo", "inconclusive"),
  ...byWords({ status: "SKIP", execution_status: "disabled" }, "notrun", "disabled", "suppressed"),
};

function byWords(outcome: Partial<ParsedResult>, ...words: readonly string[]) {
  return Object.fromEntries(words.map((word) => [word, outcome]));
}

/** Reads the same from pieces of the text. */
export class JunitReader implements ReportReader {
  readonly #cases: JunitCaseReader;
  readonly #warnings: Warnings;
  #results: ParsedResult[] = [];
  #next = 0;
  readonly #places = new PlaceHasher();
  /** Tests whose last case failed. */
  readonly #failed = new TestNames();
  readonly #steps = new StepFinder();

  constructor(context: ReportContext) {
    this.#warnings = context.warnings;
    this.#cases = new JunitCaseReader((found) => this.#take(found), context);
  }

  push(piece: string): readonly ParsedResult[] {
    this.#cases.push(piece);
    return this.#takeResults();
  }

  end(): ReportEnd {
    const { suiteName, timestamp } = this.#cases.end();
    return {
      results: this.#takeResults(),
      // Other runners write names with this separator too, for tests within tests.
      amendments: suiteName === DENO_SUITE ? this.#steps.amendments : [],
      head: {
        format: "junit",
        ...NOTHING_SAID,
        suite: suiteName,
        run_timestamp: timestamp,
        warnings: this.#warnings.list,
      },
    };
  }

  #takeResults(): readonly ParsedResult[] {
    const results = this.#results;
    this.#results = [];
    return results;
  }

  #take(found: JunitCase): void {
    const { attributes, outcomes } = found;
    const place = this.#places.hash(found);
    const hash = hashOn(place, attributes.name ?? "");
    const base = readFacts(found, this.#next, this.#warnings);
    const own = readOwnText(found.properties[OWN_FIELDS]);
    if (outcomes.length === 0 && own === null) {
      // A fast path: nearly all cases of a large report.
      this.#failed.delete(found, hash);
      this.#steps.see(found, place, this.#next++, null);
      const isStated = attributes.status !== undefined || attributes.result !== undefined;
      this.#results.push(isStated ? { ...base, ...readStatus(attributes) } : base);
      return;
    }
    const main = pickDecisive(outcomes);
    const isTeardown = isTeardownError(main) && this.#failed.has(found, hash);
    const rows = toRows(found, base, main, isTeardown);
    const mayHaveSteps = !isTeardown && outcomes.every(isFinal) &&
      !(main !== null && FAILURES.has(main.kind) && !isStepsFailure(main));
    this.#steps.see(found, place, mayHaveSteps ? this.#next : null, own);
    if (outcomes.some(({ kind }) => FAILURES.has(kind))) this.#failed.add(found, hash);
    else this.#failed.delete(found, hash);
    for (const row of rows) this.#results.push({ ...row, ...own, ordinal: this.#next++ });
  }
}

function toRows(
  { attributes, outcomes, suite }: JunitCase,
  base: ParsedResult,
  main: JunitOutcome | null,
  isTeardown: boolean,
): ParsedResult[] {
  const describe = (outcome: JunitOutcome) => describeOutcome(outcome, attributes.name ?? "");
  const final: ParsedResult = {
    ...base,
    ...main === null ? readStatus(attributes) : describe(main),
  };
  const attempts = outcomes.filter((outcome) => !isFinal(outcome));
  const failed = outcomes.filter(({ kind }) => FAILURES.has(kind));
  if (attempts.length > 0) {
    const isSurefires = attempts.every(({ kind }) => RERUN.has(kind));
    const hasPassed = !isSurefires && failed.length === 0;
    // Surefire writes the first failure of a test that never passed as a plain failure, others the last one.
    const last = hasPassed || main === null ? [] : [main];
    const failures = isSurefires ? [...last, ...attempts] : [...attempts, ...last];
    return toAttempts(
      failures.map((outcome) => ({ ...base, ...describe(outcome) })),
      final,
      hasPassed,
    );
  }
  if (suite?.hasAttempts === true && failed.length > 1) {
    return toAttempts(failed.map((outcome) => ({ ...base, ...describe(outcome) })), final, false);
  }
  if (!isTeardown) return [final];
  return [{ ...final, execution_status: "teardown", is_counted: false }];
}

/** Tells an outcome of a test from one of its earlier attempts. */
function isFinal({ kind }: JunitOutcome): boolean {
  return !FLAKY.has(kind) && !RERUN.has(kind);
}

/** Reads everything but the outcome. */
function readFacts(
  { attributes, suites, suite, properties }: JunitCase,
  ordinal: number,
  warnings: Warnings,
): ParsedResult {
  const written = attributes.name ?? "";
  const name = (written.includes("\u241b") ? stripColours(written) : written).trim();
  if (name === "") {
    warnings.add({ code: "junit.nameless_case", detail: "A test case has no name." });
  }
  const duration_secs = readDuration(attributes.time, suite?.seconds ?? null, warnings);
  const base = passedResult(
    ordinal,
    name === "" ? NAMELESS : name,
    attributes.classname ?? suites.at(-1) ?? "",
    duration_secs,
    attributes.file ?? suite?.file ?? null,
    attributes.line === undefined ? null : readLine(attributes.line),
  );
  const further = readProperties(properties);
  if (further === null && suite?.project === undefined) return base;
  return { ...base, variation: suite?.project ?? "", ...further };
}

/** Reads a case's duration in seconds. Some tools write milliseconds: then a case exceeds its whole suite. */
function readDuration(
  time: string | undefined,
  suiteSeconds: number | null,
  warnings: Warnings,
): number | null {
  if (time === undefined || time === "") return null;
  const seconds = readSeconds(time);
  const quoted = `"${time.slice(0, 50)}"`;
  if (seconds === null) {
    warnings.add({ code: "junit.bad_time", detail: `${quoted} is no duration.` });
  } else if (seconds > LONG_TEST_SECONDS) {
    const isMilliseconds = suiteSeconds !== null && suiteSeconds > 0 &&
      seconds > 10 * suiteSeconds && seconds / 1_000 <= 1.1 * suiteSeconds;
    const taken = isMilliseconds
      ? "taken for milliseconds, since its whole suite took less"
      : "taken for seconds";
    warnings.add({ code: "junit.long_time", detail: `The duration ${quoted} was ${taken}.` });
    if (isMilliseconds) return seconds / 1_000;
  }
  return seconds;
}

/** Numbers the failed attempts of a test. Only its last row is counted and has the duration. */
function toAttempts(
  failures: readonly ParsedResult[],
  final: ParsedResult,
  hasPassed: boolean,
): ParsedResult[] {
  const failed = failures.map((row, index): ParsedResult => ({
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

/** Reads the status or result attribute, which googletest and others write instead of an element. */
function readStatus({ status, result }: JunitCase["attributes"]): Partial<ParsedResult> {
  const words = [status, result].map((word) => word?.toLowerCase().replace(/[\s_-]/g, "") ?? "");
  for (const word of words) {
    const outcome = STATED[word];
    if (outcome !== undefined) return outcome;
  }
  return {};
}

/** Recognises Deno's message for a test of which only steps failed. */
function isStepsFailure({ message, text }: JunitOutcome): boolean {
  return /^\s*\d+ test steps? failed\.?\s*$/.test(message === "" ? text : message);
}

/**
 * Recognises the error of a failed test's teardown. pytest writes it and the failure as two cases of one
 * name, which are far apart if it runs in parallel.
 */
function isTeardownError(main: JunitOutcome | null): boolean {
  return main?.kind === "error" && /\bteardown\b/i.test(main.message);
}

/** Reads the properties of a test case that are columns of ours. The others are kept in `extra`. */
function readProperties(
  properties: Readonly<Record<string, string>>,
): Partial<ParsedResult> | null {
  if (Object.keys(properties).length === 0) return null;
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
