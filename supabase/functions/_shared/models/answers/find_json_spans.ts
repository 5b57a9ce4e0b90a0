/** Place of a JSON object or array in a text: from `begin` up to, but not including, `end`. */
export interface JsonSpan {
  readonly begin: number;
  readonly end: number;
}

/** Most characters that are read a second time, as a multiple of the text's length. */
const MOST_REREADS = 4;

/**
 * Finds every outermost JSON object and array in `text`, with or without prose around it.
 *
 * Text that looks like JSON but is invalid (a trailing comma, a comment, single quotes) yields
 * nothing, not even its valid parts: a fragment of a broken answer is not the answer. Brackets
 * around prose are skipped.
 *
 * The time is linear in the length of the text. The search continues after what a failed attempt
 * has read, and the number of characters read again is bounded. `parseOutput()` takes 2 to 14 ms
 * for hostile texts of 200,000 characters (`deno task bench answers`).
 *
 * @param breaks ascending positions that end invalid JSON. The search begins again at each of them.
 */
export function findJsonSpans(text: string, breaks: readonly number[] = []): JsonSpan[] {
  const spans: JsonSpan[] = [];
  let rereads = MOST_REREADS * text.length;
  let nextBreak = 0;
  let from = 0;
  while (true) {
    const begin = findOpening(text, from);
    if (begin < 0) return spans;
    const attempt = readContainer(text, begin);
    if (attempt.isComplete) {
      spans.push({ begin, end: attempt.end });
      from = attempt.end;
      continue;
    }
    if (!looksLikeJson(text, attempt)) {
      from = attempt.innermost + 1;
      continue;
    }
    from = Math.max(attempt.end, begin + 1);
    if (rereads > 0) {
      const closing = findClosing(text, begin);
      rereads -= closing.read;
      from = closing.end ?? from;
    }
    while ((breaks[nextBreak] ?? Infinity) <= begin) nextBreak++;
    const stop = breaks[nextBreak];
    if (rereads > 0 && stop !== undefined && stop < from) {
      rereads -= from - stop;
      from = stop;
    }
  }
}

const OPENING = /[[{]/g;

function findOpening(text: string, from: number): number {
  OPENING.lastIndex = from;
  return OPENING.exec(text)?.index ?? -1;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

interface Attempt {
  readonly isComplete: boolean;
  /** Offset behind the container, or of the first character that is not JSON. */
  readonly end: number;
  /** Offset of the innermost container that was still open. */
  readonly innermost: number;
  /** True if an element or a property's name was read before it failed. */
  readonly hasBegun: boolean;
}

const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/** Reads the container that opens at `begin` by the grammar of JSON (RFC 8259). */
function readContainer(text: string, begin: number): Attempt {
  const open: number[] = [];
  let hasBegun = false;
  let expects: "value" | "value or end" | "name" | "name or end" | "comma or end" = "value";
  let at = begin;
  const fail = (end: number): Attempt => ({
    isComplete: false,
    end,
    innermost: open.at(-1) ?? begin,
    hasBegun,
  });
  while (true) {
    at = skipSpace(text, at);
    const code = text.charCodeAt(at);
    const isInObject = text.charCodeAt(open.at(-1) ?? -1) === OPEN_BRACE;
    if (expects !== "value" && expects !== "name" && isClosing(code, isInObject)) {
      open.pop();
      at++;
      if (open.length === 0) return { isComplete: true, end: at, innermost: begin, hasBegun };
    } else if (expects === "comma or end") {
      if (code !== COMMA) return fail(at);
      at++;
      expects = isInObject ? "name" : "value";
      continue;
    } else if (expects === "name" || expects === "name or end") {
      const end = code === QUOTE ? readString(text, at) : -1;
      if (end < 0) return fail(at);
      at = skipSpace(text, end);
      if (text.charCodeAt(at) !== COLON) return fail(at);
      at++;
      hasBegun = true;
      expects = "value";
      continue;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      open.push(at++);
      expects = code === OPEN_BRACE ? "name or end" : "value or end";
      continue;
    } else if (code === QUOTE) {
      const end = readString(text, at);
      if (end < 0) return fail(at);
      at = end;
    } else {
      SCALAR.lastIndex = at;
      if (!SCALAR.test(text)) return fail(at);
      at = SCALAR.lastIndex;
    }
    hasBegun = true;
    expects = "comma or end";
  }
}

function isClosing(code: number, isInObject: boolean): boolean {
  return code === (isInObject ? CLOSE_BRACE : CLOSE_BRACKET);
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); isSpace(code); code = text.charCodeAt(at)) at++;
  return at;
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

const ESCAPE = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})/y;

/** Returns the offset behind the string that begins at `begin`, or -1 if it is none. */
function readString(text: string, begin: number): number {
  let at = begin + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code < 0x20) return -1;
    if (code === BACKSLASH) {
      ESCAPE.lastIndex = at;
      if (!ESCAPE.test(text)) return -1;
      at = ESCAPE.lastIndex;
    } else at++;
  }
  return -1;
}

/** Beginnings of objects and arrays in JSON5, JavaScript and Python that JSON does not allow. */
const ALMOST_OBJECT = /\s*(?:["'/]|[\p{L}_$][\p{L}\p{N}_$]*\s*:)/uy;
const ALMOST_ARRAY = /\s*(?:["'/]|(?:None|True|False|NaN|undefined)\b)/y;

/** Returns true for broken JSON, false for prose in brackets. */
function looksLikeJson(text: string, { hasBegun, innermost }: Attempt): boolean {
  if (hasBegun) return true;
  const pattern = text.charCodeAt(innermost) === OPEN_BRACE ? ALMOST_OBJECT : ALMOST_ARRAY;
  pattern.lastIndex = innermost + 1;
  return pattern.test(text);
}

/**
 * Finds the offset behind the bracket that closes the one at `begin`. Ignores brackets in strings.
 */
function findClosing(text: string, begin: number): { end: number | null; read: number } {
  let depth = 0;
  let isString = false;
  for (let at = begin; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (isString) {
      if (code === BACKSLASH) at++;
      else if (code === QUOTE) isString = false;
    } else if (code === QUOTE) isString = true;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth--;
      if (depth === 0) return { end: at + 1, read: at - begin };
    }
  }
  return { end: null, read: text.length - begin };
}
