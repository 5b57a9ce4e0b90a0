import { findJsonProblem, type JsonValue } from "./json_value.ts";

/** Longest text looked at, in UTF-16 units: many times what the token limits let a model write. */
export const MAX_OUTPUT_CHARACTERS = 200_000;

/** Why a model's text holds no usable JSON. */
export type OutputProblem = "empty" | "too_large" | "no_json" | "out_of_bounds";

export type ParsedOutput =
  | { valid: true; value: JsonValue }
  | { valid: false; value: null; problem: OutputProblem };

// A brace that opens nothing is retried from the next one, each try reading on to the end; and text
// that is no JSON costs an exception. Hostile text of full length takes some 25 ms so.
const MOST_TRIES = 40;

/**
 * Finds the JSON in what a model wrote.
 *
 * In this order: the whole text; a code fence's content; an object or array amid prose. Where there
 * are several fences or spans, the longest that parses is taken, of equals the last, for a model that
 * corrects itself has its last word last. What stands before a closing `</think>` is passed over. A
 * scalar counts only as the whole text or fence. Nothing is repaired: JSON with a trailing comma or
 * cut off at the token limit is no JSON, for that is among what a benchmark measures.
 *
 * Deeply nested or huge values (see `JSON_LIMITS`) are out of bounds. What PostgreSQL cannot keep,
 * U+0000 and unpaired surrogates, becomes U+FFFD.
 */
export function parseOutput(text: string): ParsedOutput {
  if (text.length > MAX_OUTPUT_CHARACTERS) return invalid("too_large");
  const answer = answerIn(text);
  if (answer === "") return invalid("empty");

  let longest: Parsed | undefined;
  for (const found of findAll(answer)) {
    if (found.length >= (longest?.length ?? 0)) longest = found;
  }
  if (longest === undefined) return invalid("no_json");
  return findJsonProblem(longest.json) === null
    ? { valid: true, value: longest.json }
    : invalid("out_of_bounds");
}

/** All that {@link parseOutput} chooses from, in the order of the text. */
export function listOutputs(text: string): JsonValue[] {
  if (text.length > MAX_OUTPUT_CHARACTERS) return [];
  return findAll(answerIn(text)).map(({ json }) => json)
    .filter((json) => findJsonProblem(json) === null);
}

/** `text` as PostgreSQL can keep it: U+0000 and unpaired surrogates become U+FFFD. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}

interface Parsed {
  json: JsonValue;
  length: number;
}

function invalid(problem: OutputProblem): ParsedOutput {
  return { valid: false, value: null, problem };
}

/** What stands after the thinking, as far as PostgreSQL can keep it. */
function answerIn(text: string): string {
  const thought = text.lastIndexOf("</think>");
  return storable(thought < 0 ? text : text.slice(thought + "</think>".length))
    .replace(/^\uFEFF/, "").trim();
}

/** As {@link storableText}, and the same for what JSON writes as an escape. */
function storable(text: string): string {
  const plain = storableText(text);
  if (!plain.includes("\\u")) return plain;
  const escape =
    /\\(?:u(?:0000|[dD](?:([89abAB][\da-fA-F]{2})(\\u[dD][c-fC-F][\da-fA-F]{2})?|[c-fC-F][\da-fA-F]{2}))|.)/gs;
  return plain.replace(escape, (escaped, high?: string, low?: string) => {
    const isKept = low !== undefined || (high === undefined && !/^\\u(?:0000|d)/i.test(escaped));
    return isKept ? escaped : "\uFFFD";
  });
}

function parse(text: string): Parsed | undefined {
  try {
    return { json: JSON.parse(text), length: text.length };
  } catch {
    return undefined;
  }
}

function findAll(answer: string): Parsed[] {
  const whole = parse(answer);
  if (whole !== undefined) return [whole];
  const fenced = parseAll(readFences(answer));
  return fenced.length > 0 ? fenced : parseAll(readSpans(answer));
}

function parseAll(texts: Iterable<string>): Parsed[] {
  const found: Parsed[] = [];
  let tries = 0;
  for (const text of texts) {
    if (++tries > MOST_TRIES) break;
    const parsed = parse(text);
    if (parsed !== undefined) found.push(parsed);
  }
  return found;
}

function* readFences(text: string): Generator<string> {
  for (const [, content = ""] of text.matchAll(/```[^\n`]*\n(.*?)```/gs)) yield content.trim();
  const single = /^```(?:json)?([^`]*)```$/s.exec(text);
  if (single?.[1] !== undefined) yield single[1].trim();
}

/** Every outermost balanced `{…}` and `[…]`, brackets inside strings left aside. */
function* readSpans(text: string): Generator<string> {
  let from = 0;
  for (let start = 0; start < MOST_TRIES; start++) {
    const open = text.slice(from).search(/[{[]/);
    if (open < 0) return;
    const begin = from + open;
    const end = findClose(text, begin);
    if (end === null) {
      from = begin + 1;
    } else {
      yield text.slice(begin, end);
      from = end;
    }
  }
}

/** Where the bracket opened at `begin` is closed, or null if it never is. */
function findClose(text: string, begin: number): number | null {
  let depth = 0;
  let isString = false;
  for (let at = begin; at < text.length; at++) {
    const character = text[at];
    if (isString) {
      if (character === "\\") at++;
      else if (character === '"') isString = false;
    } else if (character === '"') isString = true;
    else if (character === "{" || character === "[") depth++;
    else if (character === "}" || character === "]") {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return null;
}
