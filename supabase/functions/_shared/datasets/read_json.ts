import { type ParseErrorCode, printParseErrorCode, visit } from "jsonc-parser";
import { countLines } from "./count_lines.ts";
import { MAX_COLUMNS, MAX_DEPTH, MAX_ROW_CHARACTERS } from "./limits.ts";
import type { RowReader } from "./row_reader.ts";
import { type Place, UnreadableError, type UnreadableReason } from "./unreadable.ts";

/** Where a row begins: of its line and of the character in it, from 1. */
interface Start {
  readonly line: number;
  readonly column: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;
const COMMA = 0x2c;
const LINE_FEED = 0x0a;

/** Follows brackets and strings, and counts what tells of repeated keys. */
class Scan {
  depth = 0;
  deepest = 0;
  /** Outside strings: as many as there are keys. */
  colons = 0;
  isString = false;
  #isEscaped = false;

  step(code: number): void {
    if (this.isString) {
      if (this.#isEscaped) this.#isEscaped = false;
      else if (code === BACKSLASH) this.#isEscaped = true;
      else if (code === QUOTE) this.isString = false;
    } else if (code === QUOTE) {
      this.isString = true;
    } else if (code === COLON) {
      this.colons++;
    } else if (code === OPEN_BRACE || code === OPEN_BRACKET) {
      this.depth++;
      if (this.depth > this.deepest) this.deepest = this.depth;
    } else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      this.depth--;
    }
  }
}

/** What arrays and lines have in common: a row is the text of one object. */
class ObjectRows {
  readonly columns: string[] = [];
  readonly #known = new Set<string>();

  /**
   * Checks the text of a row and brings it into one line.
   *
   * It is the file's text that is kept and not what JavaScript makes of it, so that Postgres gets
   * every digit of a number.
   */
  take(text: string, start: Start, scan: Scan): string {
    if (text.length > MAX_ROW_CHARACTERS) throw rowTooLong(start);
    if (scan.deepest > MAX_DEPTH) {
      throw refusal("too_deep", `more than ${MAX_DEPTH} values inside each other.`, start);
    }
    const value = parse(text, start);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw refusal("not_an_object", "a row has to be an object.", start);
    }
    for (const name of Object.keys(value)) {
      if (this.#known.has(name)) continue;
      if (this.columns.length === MAX_COLUMNS) {
        throw refusal(
          "too_many_columns",
          `more than ${MAX_COLUMNS} different fields.`,
          start,
          name,
        );
      }
      this.#known.add(name);
      this.columns.push(name);
    }
    if (countKeys(value) !== scan.colons) throw duplicateKey(text, start);
    // Escapes, exponents and digits that may stand for what Postgres cannot hold.
    if (/\\u(0000|d[89a-f])/i.test(text)) checkTexts(value, start);
    if (/\de[+-]?\d{3}|\d{300}/i.test(text)) checkNumbers(text, start);
    // Control characters can only stand between values.
    const line = /[\t\r\n]/.test(text) ? text.replace(/[\t\r\n]/g, " ") : text;
    return line.trimEnd();
  }
}

/**
 * An array of objects, cut into its elements without being held as a whole.
 *
 * Finding where an element ends is all that happens here: each is then parsed by the engine, and both
 * take half of the processor's time that a streaming parser in JavaScript does, while two seconds
 * of it are all that an edge function has.
 */
export class JsonArrayReader implements RowReader {
  readonly #rows = new ObjectRows();
  readonly columns = this.#rows.columns;
  #text = "";
  /** Up to where `#text` is scanned. */
  #at = 0;
  #state: "before" | "inside" | "after" = "before";
  #line = 1;
  /** Where the current line begins, in `#text`; negative once that was dropped. */
  #lineStart = 0;
  #scan = new Scan();
  /** Where the current element begins, its white space left out; null before that. */
  #element: { readonly index: number; readonly start: Start } | null = null;
  #count = 0;

  push(text: string): string[] {
    this.#text += text;
    const rows: string[] = [];
    for (; this.#at < this.#text.length; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (this.#state === "inside") this.#stepInside(code, rows);
      else if (!isSpace(code)) this.#stepOutside(code);
      if (code === LINE_FEED) {
        this.#line++;
        this.#lineStart = this.#at + 1;
      }
    }
    const from = this.#element?.index ?? this.#at;
    if (this.#text.length - from > MAX_ROW_CHARACTERS) throw rowTooLong(this.#here());
    this.#text = this.#text.slice(from);
    this.#at -= from;
    this.#lineStart -= from;
    if (this.#element !== null) this.#element = { ...this.#element, index: 0 };
    return rows;
  }

  end(): string[] {
    if (this.#state === "after") return [];
    if (this.#state === "before") throw this.#noArray();
    if (this.#element !== null) parse(this.#text, this.#element.start);
    throw refusal("not_json", "the file ends before its array does.", this.#here());
  }

  #here(): Start {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  #noArray(): UnreadableError {
    return refusal("not_an_array", "the file has to be an array of objects.", this.#here());
  }

  #stepOutside(code: number): void {
    if (this.#state === "after") {
      throw refusal("not_json", "something follows the array.", this.#here());
    }
    if (code !== OPEN_BRACKET) throw this.#noArray();
    this.#state = "inside";
  }

  #stepInside(code: number, rows: string[]): void {
    const isTop = this.#scan.depth === 0 && !this.#scan.isString;
    if (isTop && (code === COMMA || code === CLOSE_BRACKET)) {
      this.#endElement(code, rows);
      return;
    }
    if (this.#element === null) {
      if (isSpace(code)) return;
      this.#element = { index: this.#at, start: this.#here() };
    }
    this.#scan.step(code);
  }

  #endElement(code: number, rows: string[]): void {
    const isEmpty = code === CLOSE_BRACKET && this.#count === 0;
    if (this.#element !== null) {
      const { index, start } = this.#element;
      rows.push(this.#rows.take(this.#text.slice(index, this.#at), start, this.#scan));
    } else if (!isEmpty) {
      throw refusal("not_json", "an element is missing between commas.", this.#here());
    }
    this.#count++;
    this.#element = null;
    this.#scan = new Scan();
    if (code === CLOSE_BRACKET) this.#state = "after";
  }
}

/** JSON Lines: an object a line, whichever way the line ends. Blank lines are passed over. */
export class JsonLinesReader implements RowReader {
  readonly #rows = new ObjectRows();
  readonly columns = this.#rows.columns;
  /** Pieces of a line whose end has not come. */
  #pieces: string[] = [];
  #length = 0;
  #line = 1;

  push(text: string): string[] {
    const lines = text.split("\n");
    const rest = lines.pop() ?? "";
    const rows: string[] = [];
    for (const line of lines) {
      rows.push(...this.#take(this.#length === 0 ? line : this.#pieces.join("") + line));
      this.#pieces = [];
      this.#length = 0;
      this.#line++;
    }
    this.#pieces.push(rest);
    this.#length += rest.length;
    if (this.#length > MAX_ROW_CHARACTERS) throw rowTooLong({ line: this.#line, column: 1 });
    return rows;
  }

  end(): string[] {
    return this.#take(this.#pieces.join(""));
  }

  #take(line: string): string[] {
    const column = line.search(/[^\t\r ]/) + 1;
    if (column === 0) return [];
    const scan = new Scan();
    for (let index = 0; index < line.length; index++) scan.step(line.charCodeAt(index));
    return [this.#rows.take(line.slice(column - 1), { line: this.#line, column }, scan)];
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === LINE_FEED || code === 0x0d || code === 0x09;
}

function refusal(
  reason: UnreadableReason,
  message: string,
  { line, column }: Start,
  field?: string,
): UnreadableError {
  const place: Place = { line, column, ...field === undefined ? {} : { field } };
  return new UnreadableError(reason, `Line ${line}: ${message}`, place);
}

function rowTooLong(start: Start): UnreadableError {
  return refusal("row_too_long", `a row has more than ${MAX_ROW_CHARACTERS} characters.`, start);
}

/** Of something in a row's text, for a row that may begin in the middle of a line. */
function placeIn(text: string, start: Start, offset: number): Start {
  const lines = countLines(text, "\n", offset);
  const column = offset - text.lastIndexOf("\n", offset - 1);
  return lines === 0
    ? { line: start.line, column: start.column + offset }
    : { line: start.line + lines, column };
}

function parse(text: string, start: Start): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Which says in words of its own, if at all, where it was.
    let first: { readonly code: ParseErrorCode; readonly offset: number } | undefined;
    visit(text, { onError: (code, offset) => first ??= { code, offset } }, {
      disallowComments: true,
    });
    const what = first === undefined
      ? ""
      : `, ${printParseErrorCode(first.code).replace(/(?<=.)[A-Z]/g, (letter) => ` ${letter}`)}`;
    throw refusal(
      "not_json",
      `no valid JSON${what.toLowerCase()}.`,
      placeIn(text, start, first?.offset ?? 0),
    );
  }
}

function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let count = 0;
  for (const inner of Object.values(value)) {
    if (typeof inner === "object") count += countKeys(inner);
  }
  return Array.isArray(value) ? count : count + Object.keys(value).length;
}

function duplicateKey(text: string, start: Start): UnreadableError {
  const objects: Set<string>[] = [];
  let found: { readonly name: string; readonly offset: number } | undefined;
  visit(text, {
    onObjectBegin: () => void objects.push(new Set()),
    onObjectProperty: (name, offset) => {
      const names = objects.at(-1);
      if (names?.has(name)) found ??= { name, offset };
      names?.add(name);
    },
    onObjectEnd: () => void objects.pop(),
  });
  const { name = "", offset = 0 } = found ?? {};
  return refusal(
    "duplicate_key",
    `the key "${name}" occurs twice in one object.`,
    placeIn(text, start, offset),
    name,
  );
}

/** Refuses text that Postgres cannot hold. */
function checkTexts(row: object, start: Start): void {
  const check = (value: unknown, field: string): void => {
    if (typeof value === "string") {
      if (value.includes("\0")) {
        throw refusal("nul_character", `"${field}" holds a NUL character.`, start, field);
      }
      if (value.isWellFormed()) return;
      const message = `"${field}" holds half of a surrogate pair, which is no character.`;
      throw refusal("lone_surrogate", message, start, field);
    }
    if (typeof value !== "object" || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (!Array.isArray(value)) check(name, field);
      check(inner, field);
    }
  };
  for (const [name, value] of Object.entries(row)) {
    check(name, name.replaceAll("\0", "\\u0000").toWellFormed());
    check(value, name);
  }
}

/** Digits after the point of what Postgres calls `numeric`, and JSON numbers are to it. */
const MAX_DECIMALS = 16_383;

/** Refuses numbers that Postgres cannot hold, or that would be infinite for whoever reads them. */
function checkNumbers(text: string, start: Start): void {
  let field = "";
  visit(text, {
    onObjectProperty: (name) => void (field = name),
    onLiteralValue: (value, offset, length) => {
      if (typeof value !== "number") return;
      const [, decimals = "", exponent = "0"] =
        /^[^.e]*(?:\.(\d+))?(?:e(.+))?$/i.exec(text.slice(offset, offset + length)) ?? [];
      const isFine = decimals.length - Number(exponent) <= MAX_DECIMALS;
      if (isFine && Number.isFinite(value)) return;
      throw refusal(
        "number_out_of_range",
        `the number of "${field}" is beyond 1.8e308 or has more than ${MAX_DECIMALS} decimals.`,
        placeIn(text, start, offset),
        field,
      );
    },
  });
}
