import { JsonRows, parseRow, type Position, refuse, rowTooLong } from "./json_rows.ts";
import { MAX_ROW_CHARACTERS } from "./limits.ts";
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from "../platform/json/json_codes.ts";
import type { RowReader } from "./row_reader.ts";

const COLON = 0x3a;
const COMMA = 0x2c;
const LINE_FEED = 0x0a;

/**
 * Reads an array of objects without holding it as a whole.
 *
 * It only finds where each element ends; the engine then parses the element. Together they take half
 * the CPU time of a streaming parser in JavaScript. An edge function has 2 seconds of CPU per request.
 */
export class JsonArrayReader implements RowReader {
  readonly #rows = new JsonRows();
  readonly columns = this.#rows.columns;
  #text = "";
  /** Offset in `#text` up to which it is scanned. */
  #at = 0;
  #state: "before" | "inside" | "after" = "before";
  #line = 1;
  /** Offset in `#text` at which the current line begins; negative if that part was dropped. */
  #lineStart = 0;
  #scan = new RowScan();
  /** Beginning of the current element; null before its first character. */
  #element: { readonly index: number; readonly start: Position } | null = null;
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
    if (this.#element !== null) parseRow(this.#text, this.#element.start);
    throw refuse("not_json", "the file ends before its array does.", this.#here());
  }

  #here(): Position {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }

  #noArray() {
    return refuse("not_an_array", "the file must be an array of objects.", this.#here());
  }

  #stepOutside(code: number): void {
    if (this.#state === "after") {
      throw refuse("not_json", "something follows the array.", this.#here());
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
      throw refuse("not_json", "an element is missing between commas.", this.#here());
    }
    this.#count++;
    this.#element = null;
    this.#scan = new RowScan();
    if (code === CLOSE_BRACKET) this.#state = "after";
  }
}

/** Reads JSON Lines: one object per line, ended by LF or CRLF. Blank lines are skipped. */
export class JsonLinesReader implements RowReader {
  readonly #rows = new JsonRows();
  readonly columns = this.#rows.columns;
  /** Pieces of the current line, which has not ended yet. */
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
    const scan = new RowScan();
    for (let index = 0; index < line.length; index++) scan.step(line.charCodeAt(index));
    return [this.#rows.take(line.slice(column - 1), { line: this.#line, column }, scan)];
  }
}

/** Follows the brackets and strings of one row. */
class RowScan {
  /** Number of open brackets. */
  depth = 0;
  deepest = 0;
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

function isSpace(code: number): boolean {
  return code === 0x20 || code === LINE_FEED || code === 0x0d || code === 0x09;
}
