import { stripColours } from "./strip_colours.ts";

/** Beginning of a message that is looked at, in UTF-16 units. Causes are looked for in the whole message. */
const MAX_CHARACTERS = 8000;
const MAX_DETAILS = 6;

const EXTENSIONS =
  "tsx?|jsx?|mjs|cjs|mts|vue|svelte|py|java|kts?|scala|groovy|go|rs|cs|fs|vb|php|rb|swift|mm?|c|cc|cpp|cxx|hpp|h|exs?|dart|lua|sql|feature";
const LOCATION = new RegExp(
  String.raw`([^\s()'"\`|]*[\w$+\]-]\.(?:${EXTENSIONS}))(?::|\(|:line |", line |#L)(\d+)`,
);

/**
 * Lines that say only that something failed, or where: headings of Jest, Mocha, RSpec and PHPUnit, lines of
 * Go and Rust, rulers, locations, and a lone "Failed".
 */
const PREAMBLE = new RegExp(
  String
    .raw`^(?:(?:[Tt]est )?(?:[Ff]ailures?|[Ff]ailed|FAILED|[Ee]rror(?: [Mm]essage)?)[.:!]?|● .*|[=*_─━-]{3,}.*|(?:=== (?:RUN|PAUSE|CONT|NAME)|--- FAIL:|FAIL:?|\[ +(?:RUN|FAILED) +\]|\[\w*error\]) .*|\d+\) .*|thread '.*' (?:\(\d+\) )?panicked at [^\s']+:\d+:\d+:?|Error Trace:.*|Traceback \(most recent call last\):|Failure/Error:.*|[\w\\]+::test\w*(?: with data set .*)?|(?:\S*[/\\])?[^\s:]+\.\w+:\d+(?::\d+)?:?(?: Failure)?|)$`,
);

/** Lines of a stack trace, or after which nothing but a stack trace and logs come. */
const FRAME =
  /^\s*(?:at\s|❯|›|»|#\d+\s|# |File "|from \S+:\d+|goroutine \d|created by|\S+\.\w+:\d+(?::\d+)?:in |->\s|\.{3} \d+ (?:more|common)|\d+ \| |\^+$|in [`'].*'$|note: |stack backtrace|Stack ?Trace:?$|Call log:$|-{4,}|Traceback|={5,})/;

/** Location before a message, as `cart_test.go:12: ` or `src/a.ts(3,5): `. */
const LOCATED = new RegExp(
  String
    .raw`^(?:\S*[/\\])?[\w.-]+\.(?:${EXTENSIONS})(?::\d+(?::\d+)?|\(\d+(?:,\d+)?\)):?\s+(?:- )?`,
);

/** Class of an error before a message. */
const CLASS =
  /^(?:Uncaught\s+(?:\(in promise\)\s+)?)?((?:[\w$]+(?:\.|\\|::))*[A-Z][\w$]*(?:Error|Exception|Failure|Failed|Timeout|Warning|Fault|Interrupt|Exit)|(?:[\w$]+(?:\.|\\|::)){2,}[A-Z][\w$]*|[A-Z]\w*(?:::\w+)+|Error)(?: \[\w+\]| \(\w*\))?\s*(?::\s+|:$|$)/;

/** Frames of runners, assertion libraries, languages and dependencies. */
const LIBRARY =
  /node_modules|node:|\binternal\/|(?:site|dist)-packages|\/(?:usr|opt)\/(?:local\/)?(?:lib|go|bin|share)|[/\\]vendor[/\\]|\.cargo|\/rustc\/|\/rustlib\/|\/go\/pkg\/mod|\/src\/(?:runtime|testing|reflect|net|sync)\/|\bat (?:org\.(?:junit|opentest4j|assertj|hamcrest|mockito|testng|gradle|apache|springframework|hibernate|codehaus)|(?:java|javax|jdk|sun|kotlin|scala|jakarta|groovy)\.|java\.base|Xunit|NUnit|FluentAssertions|Shouldly|System\.|Microsoft\.)|[/\\]gems[/\\]|rspec-|phpunit|<frozen|<internal:|deno\.land\/std|jsr\.io\/@std|ext:|\bTestify|stretchr|\/_pytest\/|\/unittest\/|\/asyncio\//i;

const TEST_FILE =
  /(?:^|[/\\_.-])(?:tests?|specs?|e2e|__tests__|features|conftest)(?:[/\\_.-]|$)|(?:Tests?|Specs?|TestCase|IT)\.\w+$/;

/** Returns the line that says what failed, without colours. The class of an error stays before it. */
export function readHeadline(message: string): string {
  const lines = toLines(stripColours(message));
  return (lines[findHeadline(lines)] ?? "").trim();
}

/** What a failure's message says of its cause, as the runner wrote it: nothing is masked. */
export class Cause {
  /** The line that says what failed, without its class and place. Empty if there is none. */
  readonly headline: string;
  /** Class before the headline, such as `java.lang.NullPointerException`. */
  readonly errorClass: string | null;
  /** The innermost of the causes that are listed after the error. */
  readonly root: string | null;
  readonly #lines: readonly string[];
  readonly #index: number;
  readonly #location: string | null;

  /** Takes time linear in the message's length. */
  constructor(message: string) {
    const plain = stripColours(message);
    this.#lines = toLines(plain);
    this.#index = findHeadline(this.#lines);
    const { headline, errorClass, location } = splitHeadline(this.#lines, this.#index);
    this.headline = headline;
    this.errorClass = errorClass;
    this.root = readRoot(plain);
    this.#location = location;
  }

  /** Reads the lines that belong to the headline: expected and actual values, the failures of a group. */
  readDetails(): string[] {
    return readDetails(this.#lines, this.#index).filter((line) => line !== this.headline);
  }

  /** Reads the asserted expression that pytest, RSpec, Jest, Vitest and Playwright quote from the source. */
  readSource(): string | null {
    return readSource(this.#lines);
  }

  /** Reads function and file where it failed, without line numbers. Of a file of tests, the file alone. */
  readPlace(): string | null {
    const lines = this.#lines;
    return readRace(lines) ?? readPanic(lines) ?? this.#location ?? readFrame(lines);
  }
}

/** Splits the message, without the marker that pytest writes before each line of an error. */
function toLines(plain: string): string[] {
  const lines = plain.slice(0, MAX_CHARACTERS).split(/\r?\n/);
  // pytest marks the lines of the error, which follow the source of the test.
  const marked = lines.findLastIndex((line) => /^E\s{2,}\S/.test(line));
  if (marked < 0) return lines;
  let first = marked;
  while (first > 0 && /^E(?:\s{2,}|$)/.test(lines[first - 1] ?? "")) first--;
  const errors = lines.slice(first, marked + 1).map((line) => line.slice(1).trim());
  const sources = lines.slice(0, first).filter((line) => /^>\s/.test(line)).slice(-1);
  return [...errors, ...sources, ...lines.slice(marked + 1)];
}

/** Returns the index of the line that says what failed; that of the first line if none does. */
function findHeadline(lines: readonly string[]): number {
  const race = lines.findIndex((line) => line.includes("WARNING: DATA RACE"));
  if (race >= 0) return race;
  const panic = lines.findIndex((line) => /^\s*(?:panic|fatal error): /.test(line));
  if (panic >= 0) return panic;
  const begun = lines.findIndex((line) => line.trim() !== "");
  if (/^Traceback \(most recent/.test(lines[begun] ?? "")) {
    // The error comes last. Its message may have several lines.
    const last = lines.findLastIndex((line) => /^[\w.]+(?:: |$)/.test(line));
    if (last > begun) return last;
  }
  const testify = lines.findIndex((line) => /^\s*Error Trace:/.test(line));
  if (testify >= 0) {
    const error = lines.findIndex((line, index) => index > testify && /^\s*Error:\s/.test(line));
    if (error >= 0) return error;
  }
  const found = lines.findIndex((line) => !PREAMBLE.test(line.trim().slice(0, 500)));
  return found < 0 ? Math.max(begun, 0) : found;
}

/** Tells the class and the location of a headline from what it says. */
function splitHeadline(lines: readonly string[], index: number) {
  let headline = (lines[index] ?? "").slice(0, 2000).trim()
    .replace(/^(?:panic|fatal error): |^Error:\s{2,}/, "").replace(/ \[recovered\]$/, "")
    .replace(/^thread '.*' (?:\(\d+\) )?panicked at '?/, "");
  let location: string | null = null;
  const rust = /(?:^|', )([^\s']+\.rs):\d+:\d+:?$/.exec(headline);
  if (rust !== null) {
    location = shorten(rust[1] ?? "");
    headline = headline.slice(0, rust.index);
  }
  const before = LOCATED.exec(headline);
  if (before !== null) {
    location ??= shorten(LOCATION.exec(before[0])?.[1] ?? "") || null;
    headline = headline.slice(before[0].length);
  }
  const named = splitClass(headline);
  let { errorClass } = named;
  headline = named.rest;
  // RSpec writes the message below the class. Others repeat the message below it, after the class.
  for (const line of lines.slice(index + 1, index + 4)) {
    if (headline !== "" && errorClass !== null) break;
    const next = splitClass(line.trim());
    if (headline === "" && line.trim() !== "" && !FRAME.test(line) && !LOCATION.test(line)) {
      headline = next.rest;
      errorClass ??= next.errorClass;
    } else if (errorClass === null && next.rest === headline) errorClass = next.errorClass;
  }
  if (headline.endsWith(":")) {
    const next = lines.slice(index + 1, index + 4).find((line) => line.trim() !== "");
    if (next !== undefined && !FRAME.test(next)) headline += ` ${next.trim().slice(0, 500)}`;
  }
  // A timeout is of what was waited for.
  const awaited = /time-?out|timed out/i.test(headline)
    ? lines.find((line) => /^\s*-? ?waiting for /.test(line))
    : undefined;
  if (awaited !== undefined) headline += ` ${awaited.trim()}`;
  return { headline: headline === "null" ? "" : headline, errorClass, location };
}

/** Tells the classes that a line begins with from what follows. Returns the last that is no wrapper. */
function splitClass(line: string): { errorClass: string | null; rest: string } {
  let errorClass: string | null = null;
  let rest = line;
  for (let round = 0; round < 3; round++) {
    const match = CLASS.exec(rest);
    if (match === null) break;
    const found = match[1] ?? null;
    if (errorClass === null || found !== null && !isWrapper(found)) errorClass = found;
    rest = rest.slice(match[0].length);
  }
  return { errorClass, rest };
}

/** Recognises classes that say nothing of the cause. */
export function isWrapper(errorClass: string): boolean {
  return /(?:^|[.\\:])(?:Assert(?:ion)?(?:Error|Exception|Failed(?:Error|Exception))?|AssertionFailure|ComparisonFailure|ExpectationFailedException|ExpectationNotMetError|JestAssertionError|\w*EqualException|(?:True|False|Null|NotNull|Contains|Empty|Single|Throws|Xunit)Exception|MultipleFailuresError|MultipleAssertionsError|Error|Exception|Failure|Failed|failureException|RuntimeException|CompletionException|ExecutionException|UndeclaredThrowableException|InvocationTargetException)$/
    .test(errorClass);
}

/** Returns the lines after the headline up to a stack trace or a diff. */
function readDetails(lines: readonly string[], headline: number): string[] {
  const details: string[] = [];
  const isGroup = /failures?\)/.test(lines[headline] ?? "");
  let isDiff = false;
  const end = Math.min(lines.length, headline + 40);
  for (let index = headline + 1; index < end && details.length < MAX_DETAILS; index++) {
    const line = lines[index] ?? "";
    const trimmed = line.trim().slice(0, 500);
    // testify's fields follow the diff.
    if (/^(?:Test|Messages):\s/.test(trimmed)) isDiff = false;
    if (/^Diff:$/.test(trimmed)) isDiff = true;
    if (isDiff || /^Test:\s|^>\s/.test(trimmed) || PREAMBLE.test(trimmed)) continue;
    if (FRAME.test(line)) {
      // Each failure of a group has a stack.
      if (details.length > 0 && !isGroup) break;
      continue;
    }
    if (
      /^(?:-- failure \d+ --|\[Diff\].*|@@ @@|(?:-{1,3}|\+{1,3}) (?:Expected|Actual|Received)\b.*)$/
        .test(trimmed)
    ) {
      continue;
    }
    if (/^\S+\.\w+:\d+: [\w.]+$/.test(trimmed)) continue;
    details.push(splitClass(trimmed.slice(0, 300)).rest);
  }
  return details;
}

/** Returns the last cause in the message, of Java, Ruby, PHP, Node, .NET or Rust's anyhow. */
function readRoot(plain: string): string | null {
  let root: string | null = null;
  if (!/Caused by|\[cause\]|--->/.test(plain)) return null;
  for (
    const [, text] of plain.matchAll(
      /^[ \t|]*(?:Caused by:?|\[cause\]:|--->)\s*(?:\d+: )?(\S[^\n]*)/gm,
    )
  ) root = text ?? null;
  const chain = /^Caused by:\s*\n((?:\s+\d+: [^\n]*\n?)+)/m.exec(plain)?.[1];
  if (chain !== undefined) root = chain.trim().split("\n").at(-1)?.replace(/^\s*\d+: /, "") ?? root;
  return root === null ? null : root.slice(0, 500).trim();
}

function readSource(lines: readonly string[]): string | null {
  for (const line of lines) {
    const match = /^>\s{2,}(\S.*)$|^\s*Failure\/Error: (\S.*)$|^\s*>\s*\d+ \|\s*(\S.*)$/.exec(line);
    const found = match?.[1] ?? match?.[2] ?? match?.[3];
    if (found !== undefined) return found.slice(0, 300).trim();
  }
  return null;
}

/** Returns the functions that race, in Go's report. Which of them is first is chance. */
function readRace(lines: readonly string[]): string | null {
  if (!lines.some((line) => line.includes("WARNING: DATA RACE"))) return null;
  const functions = lines.flatMap((line, index) =>
    /^\s*(?:Previous )?(?:read|write|atomic read|atomic write) (?:at|by)/i.test(line)
      ? [/^\s*([\w./*()$-]+?)\(\)?$/.exec(lines[index + 1] ?? "")?.[1] ?? ""]
      : []
  );
  return [...new Set(functions.filter((name) => name !== ""))].toSorted().join(" ") || null;
}

/** Returns the function that panicked, in Go's report: the first one that is not of the runtime. */
function readPanic(lines: readonly string[]): string | null {
  const begun = lines.findIndex((line) => /^\s*goroutine \d+ \[/.test(line));
  if (begun < 0) return null;
  for (let index = begun + 1; index < lines.length - 1; index++) {
    const name = /^\s*([\w./*()$-]+)\(.*\)$/.exec(lines[index] ?? "")?.[1];
    const file = LOCATION.exec(lines[index + 1] ?? "")?.[1];
    if (name === undefined || file === undefined) continue;
    if (/^(?:panic|runtime[./]|testing\.|reflect\.)/.test(name) || LIBRARY.test(file)) continue;
    return TEST_FILE.test(file) ? shorten(file) : `${name.replace(/^.*\//, "")} ${shorten(file)}`;
  }
  return null;
}

/** Returns the innermost place of a stack trace that is in the project's own code. */
function readFrame(lines: readonly string[]): string | null {
  for (const line of lines) {
    if (line.length > 500 || LIBRARY.test(line)) continue;
    const file = LOCATION.exec(line)?.[1];
    if (file === undefined || file.startsWith("http")) continue;
    // Go names the file alone first, and its folder below.
    const whole = /[/\\]/.test(file) ? file : lines.map((other) => LOCATION.exec(other)?.[1])
      .find((other) => other?.endsWith(`/${file}`));
    const short = shorten(whole ?? file);
    if (TEST_FILE.test(short)) return short;
    const name = /\bat (?:async )?(?:new )?([\w$.<>[\]`]+)\s*\(/.exec(line)?.[1] ?? "";
    return /anonymous|lambda|^$/.test(name) ? short : `${name} ${short}`;
  }
  return null;
}

/** Returns the last two parts of a path: the parts before differ from machine to machine. */
function shorten(file: string): string {
  return file.replace(/^file:\/\//, "").replace(/^["'(]+/, "").split(/[/\\]+/)
    .filter((part) => part !== "" && part !== ".").slice(-2).join("/");
}
