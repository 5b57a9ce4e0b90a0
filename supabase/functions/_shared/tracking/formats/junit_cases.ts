import { SaxesParser, type SaxesTagPlain } from "saxes";
import { MAX_RESULTS, ReportError, type ReportWarning } from "./report_model.ts";
import { readTimestamp } from "./read_values.ts";

/** A result element of a test case. */
export interface JunitOutcome {
  /** Name of the element: `failure`, `skipped`, `rerunError`, … */
  readonly kind: string;
  readonly type: string;
  readonly message: string;
  text: string;
}

/** A test case of the file. */
export interface JunitCase {
  /** Names of the suites around it, the outermost first. */
  readonly suites: readonly string[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly suiteFile: string | undefined;
  readonly outcomes: JunitOutcome[];
  readonly properties: Record<string, string>;
}

interface JunitSuite {
  readonly name: string;
  readonly file: string | undefined;
}

type Warn = (warning: ReportWarning) => void;

/** What a file says of its whole run. */
export interface JunitRun {
  readonly suiteName: string | null;
  /** Earliest start of a suite, as ISO 8601. */
  readonly timestamp: string | null;
}

/** Elements of a failed test. */
export const FAILURES: ReadonlySet<string> = new Set(["failure", "error"]);
/** Surefire's elements for failed attempts of a test that passed at last. */
export const FLAKY: ReadonlySet<string> = new Set(["flakyFailure", "flakyError"]);
/** Surefire's elements for failed attempts after the first one. */
export const RERUN: ReadonlySet<string> = new Set(["rerunFailure", "rerunError"]);
const OUTCOMES = new Set([...FAILURES, ...FLAKY, ...RERUN, "skipped", "disabled"]);

const MAX_DEPTH = 200;
/** Longest text of an outcome, in UTF-16 units. Attempts may hold whole logs. */
const MAX_TEXT = 100_000;

/** Characters that XML forbids: U+FFFE, U+FFFF and control characters except white space and U+007F to U+009F. */
// The rule is off here because control characters are just what this finds.
// deno-lint-ignore no-control-regex
const FORBIDDEN = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;
const FORBIDDEN_REFERENCE = /&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[1245-9]|2\d|3[01]));/gi;
/** End of a piece that may be the beginning of such a reference. */
const REFERENCE_START = /&(?:#(?:x0*[0-9a-f]{0,2}|\d*)?)?$/i;

/**
 * Reads the test cases of a JUnit file in their order, from pieces that are cut anywhere. Each case is
 * passed on as soon as it is complete, so that no more than one is held.
 *
 * Its methods throw a `ReportError`: `junit.malformed`, `junit.forbidden`, `junit.not_a_report`,
 * `report.too_many_results`, each with line and column.
 */
export class JunitCaseReader {
  readonly #parser = new SaxesParser<{ xmlns: false; position: true }>({
    xmlns: false,
    position: true,
  });
  readonly #collector: CaseCollector;
  readonly #warn: Warn;
  /** Beginning of a reference that the next piece ends. */
  #rest = "";
  #replaced = 0;

  /**
   * @param take gets each case.
   * @param warn gets each recoverable problem.
   */
  constructor(take: (found: JunitCase) => void, warn: Warn) {
    const parser = this.#parser;
    const fail = (code: string, detail: string): never => {
      throw new ReportError(code, detail, { line: parser.line, column: parser.column + 1 });
    };
    const collector = new CaseCollector(take, fail, warn);
    parser.on("error", (error) => fail("junit.malformed", toSentence(error.message)));
    parser.on("doctype", (doctype) => {
      if (/[[]|\b(SYSTEM|PUBLIC)\b/.test(doctype)) {
        fail("junit.forbidden", "Document types that define or load anything are refused.");
      }
    });
    parser.on("opentag", (tag) => collector.open(tag));
    parser.on("text", (piece) => collector.addText(piece));
    parser.on("cdata", (piece) => collector.addText(piece));
    parser.on("closetag", ({ name }) => collector.close(name));
    this.#collector = collector;
    this.#warn = warn;
  }

  /** Reads the next piece. */
  push(piece: string): void {
    const text = this.#rest + piece;
    const start = REFERENCE_START.exec(text.slice(-64))?.[0] ?? "";
    this.#rest = start;
    this.#parser.write(this.#clean(start === "" ? text : text.slice(0, -start.length)));
  }

  /** Ends the file. */
  end(): JunitRun {
    this.#parser.write(this.#clean(this.#rest)).close();
    if (this.#replaced > 0) {
      this.#warn({
        code: "junit.control_characters",
        detail: `${this.#replaced} characters that XML forbids were replaced.`,
      });
    }
    return this.#collector;
  }

  /** Replaces characters that XML forbids, because many tools write them into their output. */
  #clean(text: string): string {
    const replace = () => {
      this.#replaced++;
      return "\uFFFD";
    };
    const clean = text.replace(FORBIDDEN, replace);
    return clean.includes("&#") ? clean.replace(FORBIDDEN_REFERENCE, replace) : clean;
  }
}

/** Follows the elements of a file and collects its test cases. */
class CaseCollector implements JunitRun {
  suiteName: string | null = null;
  timestamp: string | null = null;
  readonly #take: (found: JunitCase) => void;
  readonly #fail: (code: string, detail: string) => never;
  readonly #warn: Warn;
  #suites: readonly JunitSuite[] = [];
  /** Names of `#suites`. */
  #path: readonly string[] = [];
  #depth = 0;
  #count = 0;
  #case: JunitCase | null = null;
  #outcome: JunitOutcome | null = null;
  /** Cases that are not complete: more than one only where cases are nested. */
  readonly #open: JunitCase[] = [];

  constructor(
    take: (found: JunitCase) => void,
    fail: (code: string, detail: string) => never,
    warn: Warn,
  ) {
    this.#take = take;
    this.#fail = fail;
    this.#warn = warn;
  }

  open({ name, attributes }: Pick<SaxesTagPlain, "name" | "attributes">): void {
    if (++this.#depth > MAX_DEPTH) this.#fail("junit.malformed", "Elements are nested too deeply.");
    if (this.#depth === 1 && name !== "testsuites" && name !== "testsuite") {
      this.#fail("junit.not_a_report", `The file begins with <${name}>, not with <testsuites>.`);
    }
    if (name === "testcase") this.#case = this.#addCase(attributes);
    else if (name === "testsuites") this.suiteName ??= attributes.name?.trim() || null;
    else if (name === "testsuite") this.#openSuite(attributes);
    else if (OUTCOMES.has(name) && this.#outcome === null) this.#openOutcome(name, attributes);
    else if (name === "property" && this.#case !== null && attributes.name !== undefined) {
      this.#case.properties[attributes.name] = attributes.value ?? "";
    }
  }

  /** Adds to the open outcome. */
  addText(piece: string): void {
    if (this.#outcome !== null && this.#outcome.text.length < MAX_TEXT) this.#outcome.text += piece;
  }

  close(name: string): void {
    this.#depth--;
    if (name === "testcase") this.#case = null;
    else if (name === "testsuite") this.#setSuites(this.#suites.slice(0, -1));
    else if (this.#outcome?.kind === name) this.#outcome = null;
    if (this.#open.length === 0 || this.#case !== null || this.#outcome !== null) return;
    for (const found of this.#open) this.#take(found);
    this.#open.length = 0;
  }

  #openSuite({ name, file, timestamp }: Readonly<Record<string, string>>): void {
    this.#setSuites([...this.#suites, { name: name ?? "", file }]);
    if (this.#suites.length === 1) this.suiteName ??= name?.trim() || null;
    const began = readTimestamp(timestamp);
    if (began !== null && (this.timestamp === null || began < this.timestamp)) {
      this.timestamp = began;
    }
  }

  #setSuites(suites: readonly JunitSuite[]): void {
    this.#suites = suites;
    this.#path = suites.map(({ name }) => name);
  }

  #addCase(attributes: Readonly<Record<string, string>>): JunitCase {
    if (++this.#count > MAX_RESULTS) {
      this.#fail("report.too_many_results", `The report has more than ${MAX_RESULTS} test cases.`);
    }
    const added: JunitCase = {
      suites: this.#path,
      attributes,
      suiteFile: this.#suites.at(-1)?.file,
      outcomes: [],
      properties: {},
    };
    this.#open.push(added);
    return added;
  }

  #openOutcome(kind: string, { type = "", message = "" }: Readonly<Record<string, string>>): void {
    const owner = this.#case ?? (FAILURES.has(kind) ? this.#addSuiteCase() : null);
    if (owner === null) return;
    this.#outcome = { kind, type, message, text: "" };
    owner.outcomes.push(this.#outcome);
  }

  /** Adds a case for a failure outside of all cases, such as a file that does not load. */
  #addSuiteCase(): JunitCase {
    this.#warn({
      code: "junit.suite_failed",
      detail: "A suite failed outside of its cases: it is counted as a test of its name.",
    });
    return this.#addCase({ name: this.#suites.at(-1)?.name || "(suite)" });
  }
}

/** Returns the parser's message as a sentence, without the position that it begins with. */
function toSentence(message: string): string {
  const words = message.replace(/^\d+:\d+:\s*/, "");
  return `${words.charAt(0).toUpperCase()}${words.slice(1).replace(/\.?$/, ".")}`;
}
