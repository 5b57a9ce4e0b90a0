import { SaxesParser, type SaxesTagPlain } from "saxes";
import { MAX_RESULTS, ReportError, type ReportWarning } from "./report_model.ts";
import { readSeconds } from "./read_values.ts";
import type { ReportContext } from "./report_reader.ts";
import { RunDate } from "./run_date.ts";

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
  /** Innermost suite around it. */
  readonly suite: JunitSuite | undefined;
  readonly outcomes: JunitOutcome[];
  readonly properties: Record<string, string>;
}

/** What a suite says of its cases. */
export interface JunitSuite {
  readonly name: string;
  readonly file: string | undefined;
  /** Duration of the whole suite, in seconds. */
  readonly seconds: number | null;
  /** Playwright's project, such as `firefox`. Other runners write the machine there, which is left out. */
  readonly project: string | undefined;
  /** `true` if several failures of a case are attempts, as GdUnit marks it. */
  readonly hasAttempts: boolean;
}

type Warn = (warning: ReportWarning) => void;

/** What a file says of its whole run. */
export interface JunitRun {
  /** Name of the root, or the one that all suites in it have. */
  readonly suiteName: string | null;
  /** Earliest start of a suite, as ISO 8601. */
  readonly timestamp: string | null;
}

/** Elements of a failed test. */
export const FAILURES: ReadonlySet<string> = new Set(["failure", "error"]);
/** Elements for failed attempts before the last one: Surefire's, and pytest-rerunfailures'. */
export const FLAKY: ReadonlySet<string> = new Set(["flakyFailure", "flakyError", "rerun"]);
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
/** Stands for a character that XML forbids until it is removed: outside of the root it is an error. */
const FORBIDDEN_MARK = "\ue000";
const ESCAPE = "\x1b";
/** Stands for the escape character, which no XML may hold, until colours are taken out. */
const VISIBLE_ESCAPE = "\u241b";
const FORBIDDEN_REFERENCE = /&#(?:x0*(?:[0-8bcef]|1[0-9a-f])|0*(?:[0-8]|1[1245-9]|2\d|3[01]));/gi;
/** The two halves of a character beyond U+FFFF, written as two references, or one half of one. */
const SURROGATES = /&#(x0*d[89a-f][0-9a-f]{2}|0*5(?:529[6-9]|5[3-9]\d{2}|[67]\d{3}));/gi;
/** End of a piece that the next one may continue: a reference, or the first half of a character. */
const REFERENCE_START =
  /&(?:#(?:x0*[0-9a-f]{0,6}|\d{0,9}|(?:x0*d[89ab][0-9a-f]{2}|5(?:5[2-9]\d|6[0-2]\d|63[01])\d);(?:&(?:#(?:x?[0-9a-f]*)?)?)?)?|[a-z]\w{0,15})?$/i;
/** An ampersand that begins no reference. */
const BARE_AMPERSAND = /&(?!#\d+;|#x[\da-f]+;|[a-z_][\w.-]*;)/i;
/** Errors of the parser after such an ampersand, which it notices at the next semicolon. */
const AFTER_AMPERSAND = /entity|unclosed|disallowed/i;

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
  #removed = 0;
  #ampersand: { readonly line: number; readonly column: number } | null = null;

  /**
   * @param take gets each case.
   * @param context its warnings get each recoverable problem.
   */
  constructor(take: (found: JunitCase) => void, context: ReportContext) {
    const parser = this.#parser;
    const warn: Warn = (warning) => context.warnings.add(warning);
    const fail = (code: string, detail: string): never => {
      throw new ReportError(code, detail, { line: parser.line, column: parser.column + 1 });
    };
    const collector = new CaseCollector(take, fail, warn, new RunDate(context));
    parser.on("error", ({ message }) => {
      if (this.#ampersand === null || !AFTER_AMPERSAND.test(message)) {
        return fail("junit.malformed", toSentence(message));
      }
      const detail = "An ampersand stands alone, which XML forbids: the tool has to write &amp;.";
      throw new ReportError("junit.malformed", detail, this.#ampersand);
    });
    parser.on("doctype", (doctype) => {
      if (/[[]|\b(SYSTEM|PUBLIC)\b/.test(doctype)) {
        fail("junit.forbidden", "Document types that define or load anything are refused.");
      }
    });
    const unmark = (text: string) => this.#removed > 0 ? text.replaceAll(FORBIDDEN_MARK, "") : text;
    parser.on("opentag", (tag) => {
      if (this.#removed > 0) {
        for (const [name, value] of Object.entries(tag.attributes)) {
          tag.attributes[name] = unmark(value);
        }
      }
      collector.open(tag);
    });
    parser.on("text", (piece) => collector.addText(unmark(piece)));
    parser.on("cdata", (piece) => collector.addText(unmark(piece)));
    parser.on("closetag", ({ name }) => collector.close(name));
    this.#collector = collector;
    this.#warn = warn;
  }

  /** Reads the next piece. */
  push(piece: string): void {
    const text = this.#rest + piece;
    const start = REFERENCE_START.exec(text.slice(-64))?.[0] ?? "";
    this.#rest = start;
    this.#write(start === "" ? text : text.slice(0, -start.length));
  }

  #write(text: string): void {
    const clean = this.#clean(text);
    if (this.#ampersand === null && clean.includes("&")) {
      this.#ampersand = this.#findAmpersand(clean);
    }
    this.#parser.write(clean);
  }

  /** Returns the place of an ampersand that begins no reference. In CDATA it may stand alone. */
  #findAmpersand(text: string) {
    let from = 0;
    while (true) {
      const cdata = text.indexOf("<![CDATA[", from);
      const part = text.slice(from, cdata < 0 ? text.length : cdata);
      const at = part.search(BARE_AMPERSAND);
      if (at >= 0) {
        const lines = text.slice(0, from + at).split("\n");
        const { line, column } = this.#parser;
        const length = lines.at(-1)?.length ?? 0;
        return {
          line: line + lines.length - 1,
          column: (lines.length === 1 ? column : 0) + length + 1,
        };
      }
      const end = cdata < 0 ? -1 : text.indexOf("]]>", cdata);
      if (end < 0) return null;
      from = end;
    }
  }

  /** Ends the file. */
  end(): JunitRun {
    this.#write(this.#rest);
    this.#parser.close();
    if (this.#removed > 0) {
      this.#warn({
        code: "junit.control_characters",
        detail: `${this.#removed} characters that XML forbids were removed.`,
      });
    }
    return this.#collector.describeRun();
  }

  /**
   * Marks characters that XML forbids, because many tools write them into their output, to be removed. The
   * escape character stays as a character of its own until colours are taken out.
   */
  #clean(text: string): string {
    const remove = (found: string) => {
      if (found === ESCAPE || /^&#(?:x0*1b|0*27);$/i.test(found)) return VISIBLE_ESCAPE;
      this.#removed++;
      return FORBIDDEN_MARK;
    };
    const clean = text.replace(FORBIDDEN, remove);
    if (!clean.includes("&#")) return clean;
    return joinSurrogates(clean).replace(FORBIDDEN_REFERENCE, remove);
  }
}

/** Follows the elements of a file and collects its test cases. */
class CaseCollector {
  /** `true` once a suite has given the run its name, which another may take away. */
  #isNamedBySuite = false;
  #suiteName: string | null = null;
  /** Prefix of a namespace before all names, with its colon. */
  #prefix = "";
  #isPlaywright = false;
  readonly #date: RunDate;
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
    date: RunDate,
  ) {
    this.#date = date;
    this.#take = take;
    this.#fail = fail;
    this.#warn = warn;
  }

  /** Returns what the file says of its whole run, once it has ended. */
  describeRun(): JunitRun {
    return { suiteName: this.#suiteName, timestamp: this.#date.end() };
  }

  open({ name: written, attributes }: Pick<SaxesTagPlain, "name" | "attributes">): void {
    if (++this.#depth > MAX_DEPTH) this.#fail("junit.malformed", "Elements are nested too deeply.");
    if (this.#depth === 1) this.#openRoot(written, attributes);
    const name = this.#plainName(written);
    if (name === "testcase") this.#case = this.#addCase(attributes);
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

  close(written: string): void {
    this.#depth--;
    const name = this.#plainName(written);
    if (name === "testcase") this.#case = null;
    else if (name === "testsuite") this.#setSuites(this.#suites.slice(0, -1));
    else if (this.#outcome?.kind === name) this.#outcome = null;
    if (this.#open.length === 0 || this.#case !== null || this.#outcome !== null) return;
    for (const found of this.#open) this.#take(found);
    this.#open.length = 0;
  }

  #openRoot(written: string, attributes: Readonly<Record<string, string>>): void {
    const [name = ""] = /testsuites?$/.exec(written) ?? [];
    if (name === "" || /[^:]$/.test(written.slice(0, -name.length))) {
      const looks = /^html$/i.test(written)
        ? "The file is an HTML page, perhaps the answer of a proxy, and no report."
        : `The file begins with <${written}>, not with <testsuites>.`;
      this.#fail("junit.not_a_report", looks);
    }
    this.#prefix = written.slice(0, -name.length);
    if (name === "testsuite") return;
    this.#suiteName = attributes.name?.trim() || null;
    this.#isPlaywright = attributes.id !== undefined;
  }

  #plainName(written: string): string {
    return this.#prefix !== "" && written.startsWith(this.#prefix)
      ? written.slice(this.#prefix.length)
      : written;
  }

  #openSuite(attributes: Readonly<Record<string, string>>): void {
    const name = attributes.name ?? "";
    const added: JunitSuite = {
      name,
      file: attributes.file,
      seconds: readSeconds(attributes.time),
      project: this.#isPlaywright ? attributes.hostname : undefined,
      hasAttempts: attributes.flaky !== undefined,
    };
    this.#setSuites([...this.#suites, added]);
    if (this.#suites.length === 1) this.#nameRun(name.trim() || null);
    this.#date.see(attributes.timestamp);
  }

  /** Names a nameless run after its suites if all have one name: the first of several says nothing. */
  #nameRun(name: string | null): void {
    if (this.#suiteName === null && !this.#isNamedBySuite) this.#suiteName = name;
    else if (!this.#isNamedBySuite) return;
    else if (this.#suiteName !== name) this.#suiteName = null;
    this.#isNamedBySuite = true;
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
      suite: this.#suites.at(-1),
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

/** Writes two halves of a character as the character; a half alone as U+FFFD. */
function joinSurrogates(text: string): string {
  const valueOf = (digits: string) => Number(digits.replace(/^x/i, "0x"));
  return text.replace(
    new RegExp(`${SURROGATES.source}(?:${SURROGATES.source})?`, "gi"),
    (_, first: string, second: string | undefined) =>
      String.fromCharCode(valueOf(first), ...second === undefined ? [] : [valueOf(second)])
        .toWellFormed(),
  );
}

/** What the parser's words mean for whoever sent the file. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/only one root/i, "A second document begins here: send each report by itself."],
  [/text data outside/i, "Text stands outside of the report."],
];

/** Returns the parser's message as a sentence, without the position that it begins with. */
function toSentence(message: string): string {
  for (const [pattern, meaning] of MEANINGS) if (pattern.test(message)) return meaning;
  const words = message.replace(/^\d+:\d+:\s*/, "");
  return `${words.charAt(0).toUpperCase()}${words.slice(1).replace(/\.?$/, ".")}`;
}
