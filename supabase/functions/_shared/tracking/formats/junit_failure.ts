import { stripColours } from "../strip_colours.ts";
import { cleanMessage, findErrorClass } from "./read_values.ts";
import type { ParsedResult } from "./report_model.ts";
import type { JunitOutcome } from "./junit_cases.ts";

/** Types that name no class of an error. */
const GENERIC_TYPE = /^(?:(?:test )?(?:failure|failed|error))?$/i;

/**
 * Lines that say only that something failed, or where: those of Go and Rust, the location of googletest,
 * and a lone "Failed".
 */
const PREAMBLE =
  /^(?:(?:test )?(?:failure|failed|error)[.:!]?|=== (?:RUN|PAUSE|CONT|NAME)\b.*|--- FAIL: .*|thread '.*' (?:\(\d+\) )?panicked at \S+:\d+:\d+:|[^\s:]+\.[a-z]\w*:\d+(?::\d+)?:?)?$/i;

/** Reads the status, the message and the error class of an outcome of the test `name`. */
export function describeOutcome(
  outcome: JunitOutcome,
  name: string,
): Pick<ParsedResult, "status"> & Partial<ParsedResult> {
  return outcome.kind === "skipped" || outcome.kind === "disabled"
    ? describeSkip(outcome)
    : describeFailure(outcome, name);
}

function describeSkip({ kind, type, message, text }: JunitOutcome) {
  const execution_status = /passes unexpectedly/i.test(message)
    ? "xpass"
    : /\bxfail\b/i.test(type) || /^expected test failure/i.test(message)
    ? "xfail"
    : kind === "disabled"
    ? "disabled"
    : null;
  return {
    status: "SKIP",
    execution_status,
    error_message: cleanMessage(message || text),
  } as const;
}

function describeFailure({ kind, type, ...said }: JunitOutcome, name: string) {
  const [message, text] = [stripColours(said.message), stripColours(said.text)];
  // The message comes first, because it tells failures apart: pytest's text begins with source code.
  const whole = dropPreamble(
    text.trimStart().startsWith(message) ? text || message : `${message}\n${text}`,
    name,
  );
  const isXpass = /^\[XPASS\(strict\)\]/.test(message);
  const isTimeout = /timed? ?out/i.test(type);
  return {
    status: /error/i.test(kind) ? "ERROR" : "FAIL",
    execution_status: isXpass ? "xpass" : isTimeout ? "timeout" : null,
    error_message: cleanMessage(whole),
    error_class: GENERIC_TYPE.test(type.trim()) ? findErrorClass(whole) : type.trim(),
  } as const;
}

/**
 * Removes the lines before the first one that describes the failure; a place goes to the end. Keeps all if
 * there is none.
 */
function dropPreamble(text: string, name: string): string {
  const lines = text.split("\n");
  const first = lines.findIndex((line) => !PREAMBLE.test(line.trim()) && !isHeading(line, name));
  if (first < 1) return text;
  const places = lines.slice(0, first).filter((line) =>
    /\.[a-z]\w*:\d+(?::\d+)?:?$/i.test(line.trim())
  );
  return [lines.slice(first).join("\n").trimEnd(), ...places].join("\n");
}

/** Recognises the headings of PHPUnit (`Class::name`) and Playwright (`[project] › file:1:2 › name ───`). */
function isHeading(line: string, name: string): boolean {
  if (name === "") return false;
  const heading = line.replace(/(?<![\s─━])[\s─━]+$/, "");
  const title = name.split(" › ").at(-1) ?? name;
  return heading.split("::").at(-1)?.startsWith(name) === true && heading.includes("::") ||
    heading.endsWith(title) && /:\d+:\d+[\s›]*/.test(heading.slice(0, -title.length));
}
