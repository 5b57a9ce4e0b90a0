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
import { readLine, readSeconds } from "./read_values.ts";
import { hashOn, PlaceHasher, StepFinder, TestNames } from "./junit_names.ts";
import {
  NOTHING_SAID,
  type ParsedReport,
  type ParsedResult,
  passedResult,
} from "./report_model.ts";
import { readWhole, type ReportEnd, type ReportReader, Warnings } from "./report_reader.ts";

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
  return readWhole(new JunitReader(), [text]);
}

/** Reads the same from pieces of the text. */
export class JunitReader implements ReportReader {
  readonly #cases: JunitCaseReader;
  readonly #warnings = new Warnings();
  #results: ParsedResult[] = [];
  #next = 0;
  readonly #places = new PlaceHasher();
  /** Tests whose last case failed. */
  readonly #failed = new TestNames();
  readonly #steps = new StepFinder();

  constructor() {
    this.#cases = new JunitCaseReader(
      (found) => this.#take(found),
      (warning) => this.#warnings.add(warning),
    );
  }

  push(piece: string): readonly ParsedResult[] {
    this.#cases.push(piece);
    return this.#takeResults();
  }

  end(): ReportEnd {
    const { suiteName, timestamp } = this.#cases.end();
    return {
      results: this.#takeResults(),
      amendments: this.#steps.amendments,
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
      this.#results.push(
        attributes.status === undefined ? base : { ...base, ...readStatus(attributes) },
      );
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
  { attributes, outcomes }: JunitCase,
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
  if (!isTeardown) return [final];
  return [{ ...final, execution_status: "teardown", is_counted: false }];
}

/** Tells an outcome of a test from one of its earlier attempts. */
function isFinal({ kind }: JunitOutcome): boolean {
  return !FLAKY.has(kind) && !RERUN.has(kind);
}

/** Reads everything but the outcome. */
function readFacts(
  { attributes, suites, suiteFile, properties }: JunitCase,
  ordinal: number,
  warnings: Warnings,
): ParsedResult {
  const name = attributes.name?.trim() ?? "";
  if (name === "") {
    warnings.add({ code: "junit.nameless_case", detail: "A test case has no name." });
  }
  const duration_secs = readSeconds(attributes.time);
  if (attributes.time !== undefined && attributes.time !== "" && duration_secs === null) {
    warnings.add({
      code: "junit.bad_time",
      detail: `"${attributes.time.slice(0, 50)}" is no duration.`,
    });
  }
  const base = passedResult(
    ordinal,
    name === "" ? "(no name)" : name,
    attributes.classname ?? suites.at(-1) ?? "",
    duration_secs,
    attributes.file ?? suiteFile ?? null,
    attributes.line === undefined ? null : readLine(attributes.line),
  );
  const further = readProperties(properties);
  return further === null ? base : { ...base, ...further };
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

/** Reads the status attribute, which googletest and others write instead of an element. */
function readStatus(attributes: JunitCase["attributes"]): Partial<ParsedResult> {
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
