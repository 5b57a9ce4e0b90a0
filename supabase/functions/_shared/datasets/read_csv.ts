// @ts-types="./papaparse.d.ts"
import Papa from "papaparse";
import { MAX_COLUMNS, MAX_ROW_CHARACTERS } from "./limits.ts";
import type { RowReader } from "./row_reader.ts";
import { countLines, UnreadableError, type UnreadableReason } from "./unreadable.ts";

/** Separators of fields. `auto` finds `,`, `;` or tab in the header. */
export const DELIMITERS = [",", ";", "\t", "|", "auto"] as const;

export type Delimiter = (typeof DELIMITERS)[number];

const GUESSED = [",", ";", "\t"];

interface Parsed {
  readonly data: readonly string[][];
  readonly errors: readonly Papa.ParseError[];
  readonly meta: { readonly cursor: number };
}

/**
 * Reads CSV by RFC 4180, and TSV as spreadsheets write it. The first row that is not blank names the
 * columns. Every value is text.
 *
 * - Fields may be quoted with `"`. Inside, `""` is a quote, and delimiters and line breaks are content.
 *   A quote inside an unquoted field is an ordinary character.
 * - Rows end with LF or CRLF, which may be mixed, or all with CR if the first one does. The last row
 *   may have no end.
 * - Spaces are kept, except between a closing quote and the end of the field.
 * - Blank lines are skipped. In a file of one column, `""` is an empty value.
 * - Refused with line and number of the field: a row with fewer or more fields than the header, an
 *   empty or repeated name, a quote that is not closed or is followed by text, and NUL.
 *
 * Papa Parse takes a third of the CPU time of csv-parse on the same file. An edge function has 2
 * seconds of CPU per request.
 */
export class CsvReader implements RowReader {
  readonly columns: string[] = [];
  #delimiter: Delimiter;
  /** JSON before each column's value: `{"name":` or `,"name":`. */
  #keys: readonly string[] = [];
  #newline: "\n" | "\r" | null = null;
  #text = "";
  /** Line of the file at which `#text` begins. */
  #line = 1;
  /** Length of `#text` from which another attempt to find the end of a row is made. */
  #enough = 0;

  constructor(delimiter: Delimiter) {
    this.#delimiter = delimiter;
  }

  push(text: string): string[] {
    this.#text += text;
    if (this.#text.length < this.#enough) return [];
    return this.#read(false);
  }

  end(): string[] {
    return this.#read(true);
  }

  #read(isLast: boolean): string[] {
    if (this.#newline === null && !this.#detectDialect(isLast)) return this.#waitForMore();
    const text = this.#text;
    const { data, errors, meta } = this.#parse(text, !isLast);
    // An error in the last row does not count before the end of the file: the row may be incomplete.
    const error = errors.find(({ row }) => isLast || (row ?? 0) < data.length);
    const rows = this.#takeRows(text, data, error?.row ?? data.length);
    if (error !== undefined) throw this.#malformedQuotes(text, error);
    if (meta.cursor === 0) return this.#waitForMore();
    this.#line += countLines(text, this.#newline ?? "\n", meta.cursor);
    this.#text = text.slice(meta.cursor);
    this.#enough = 0;
    return rows;
  }

  /** Waits until the text has doubled, so that a long field is not parsed again with every piece. */
  #waitForMore(): string[] {
    if (this.#text.length > MAX_ROW_CHARACTERS) {
      throw new UnreadableError(
        "row_too_long",
        `The row has more than ${MAX_ROW_CHARACTERS} characters. A quote may not be closed.`,
        { line: this.#line, column: 1 },
      );
    }
    this.#enough = this.#text.length * 2;
    return [];
  }

  /** Finds the row ending in the header and, for `auto`, the delimiter. Returns false if it needs more text. */
  #detectDialect(isLast: boolean): boolean {
    const end = findRowEnd(this.#text, this.#delimiter, isLast);
    if (end === null) return false;
    this.#newline = end.newline;
    if (this.#delimiter === "auto") {
      const header = this.#text.slice(0, end.index).trim();
      const { delimiter } = Papa.parse(header, { delimitersToGuess: GUESSED }).meta;
      this.#delimiter = DELIMITERS.find((known) => known === delimiter) ?? ",";
    }
    return true;
  }

  #parse(text: string, ignoreLastRow: boolean, step?: (end: number) => void): Parsed {
    const parser = new Papa.Parser({
      delimiter: this.#delimiter,
      newline: this.#newline ?? "\n",
      ...step === undefined ? {} : { step: ({ meta }) => step(meta.cursor) },
    });
    return parser.parse(text, 0, ignoreLastRow);
  }

  #takeRows(text: string, data: readonly string[][], count: number): string[] {
    const rows: string[] = [];
    const hasNul = text.includes("\0");
    const hasCarriageReturns = this.#newline === "\n" && text.includes("\r");
    const mayEncloseReturn = text.includes('\r"');
    const hasQuotes = text.includes('"');
    let offsets: readonly number[] | undefined;
    const raw = (index: number): string => {
      offsets ??= this.#rowOffsets(text);
      const row = text.slice(offsets[index], offsets[index + 1]);
      return row.endsWith(this.#newline ?? "\n") ? row.slice(0, -1) : row;
    };
    const refuse = (index: number, reason: UnreadableReason, message: string, column: number) => {
      offsets ??= this.#rowOffsets(text);
      const line = this.#line + countLines(text, this.#newline ?? "\n", offsets[index] ?? 0);
      const field = this.columns[column - 1];
      return new UnreadableError(reason, `Line ${line}: ${message}`, {
        line,
        column,
        ...field === undefined ? {} : { field },
      });
    };

    for (let index = 0; index < count; index++) {
      const row = data[index] ?? [];
      if (hasCarriageReturns) {
        const last = row.at(-1) ?? "";
        // Papa Parse leaves the CR of CRLF. A CR inside of quotes is content.
        const isEnclosed = () => mayEncloseReturn && !this.#isBare(last, raw(index));
        if (last.endsWith("\r") && !isEnclosed()) row[row.length - 1] = last.slice(0, -1);
      }
      if (row.length === 1 && row[0] === "") {
        const isValue = this.columns.length === 1 && hasQuotes && raw(index).includes('"');
        if (!isValue) continue;
      }
      if (hasNul) {
        const column = row.findIndex((value) => value.includes("\0")) + 1;
        if (column > 0) {
          throw refuse(index, "nul_character", `field ${column} holds a NUL character.`, column);
        }
      }
      if (this.#keys.length === 0) {
        this.#takeHeader(row, (reason, message, column) => refuse(index, reason, message, column));
        continue;
      }
      if (row.length !== this.#keys.length) {
        const expected = this.#keys.length;
        const column = Math.min(row.length, expected) + 1;
        const message = row.length < expected
          ? `${row.length} fields where the header has ${expected}; "${
            this.columns[column - 1]
          }" is missing.`
          : `${row.length} fields where the header has ${expected}.`;
        throw refuse(index, "ragged_row", message, column);
      }
      // One join is faster than a growing string, which is copied when it is written.
      const parts: string[] = [];
      for (let column = 0; column < row.length; column++) {
        parts.push(this.#keys[column] ?? "", JSON.stringify(row[column]));
      }
      parts.push("}");
      rows.push(parts.join(""));
    }
    return rows;
  }

  #takeHeader(
    names: readonly string[],
    refuse: (reason: UnreadableReason, message: string, column: number) => UnreadableError,
  ): void {
    if (names.length > MAX_COLUMNS) {
      throw refuse("too_many_columns", `more than ${MAX_COLUMNS} columns.`, MAX_COLUMNS + 1);
    }
    const seen = new Map<string, number>();
    for (const [index, name] of names.entries()) {
      const column = index + 1;
      if (name.trim() === "") {
        throw refuse("empty_header", `column ${column} has no name.`, column);
      }
      const first = seen.get(name);
      if (first !== undefined) {
        const message = `columns ${first} and ${column} are both named "${name}".`;
        throw refuse("duplicate_header", message, column);
      }
      seen.set(name, column);
    }
    this.columns.push(...names);
    this.#keys = names.map((name, index) => `${index === 0 ? "{" : ","}${JSON.stringify(name)}:`);
  }

  /** Tells if a row's last field is unquoted. */
  #isBare(value: string, row: string): boolean {
    return row.slice(row.lastIndexOf(this.#delimiter) + 1) === value;
  }

  /** Returns the offset of each row, and of the end. Parses again, so it is called only for errors and quotes. */
  #rowOffsets(text: string): readonly number[] {
    const offsets = [0];
    this.#parse(text, false, (end) => offsets.push(end));
    return offsets;
  }

  #malformedQuotes(text: string, { index = 0, row = 0, code }: Papa.ParseError): UnreadableError {
    // Papa Parse reports the beginning of the malformed field.
    const start = this.#rowOffsets(text)[row] ?? 0;
    const before = this.#parse(text.slice(start, index - 1), false).data.at(-1) ?? [];
    const line = this.#line + countLines(text, this.#newline ?? "\n", index - 1);
    const column = Math.max(before.length, 1);
    const field = this.columns[column - 1];
    const what = code === "MissingQuotes" ? "is never closed" : "is followed by more text";
    return new UnreadableError(
      "malformed_quotes",
      `Line ${line}: the quote of field ${column} ${what}.`,
      { line, column, ...field === undefined ? {} : { field } },
    );
  }
}

/** Finds the end of the first row that is not blank; null if the text does not show it yet. */
function findRowEnd(
  text: string,
  delimiter: Delimiter,
  isLast: boolean,
): { readonly index: number; readonly newline: "\n" | "\r" } | null {
  const parts = delimiter === "auto" ? GUESSED : [delimiter];
  let isQuoted = false;
  let isStart = true;
  let index = text.search(/[^\r\n]/);
  if (index === -1) return isLast ? { index: text.length, newline: "\n" } : null;
  for (; index < text.length; index++) {
    const character = text.charAt(index);
    if (isQuoted) {
      if (character !== '"') continue;
      if (text[index + 1] === '"') index++;
      else isQuoted = false;
    } else if (character === '"' && isStart) {
      isQuoted = true;
    } else if (character === "\n") {
      return { index, newline: "\n" };
    } else if (character === "\r") {
      if (index + 1 === text.length && !isLast) return null;
      return { index, newline: text[index + 1] === "\n" ? "\n" : "\r" };
    }
    isStart = parts.includes(character);
  }
  return isLast ? { index, newline: "\n" } : null;
}
