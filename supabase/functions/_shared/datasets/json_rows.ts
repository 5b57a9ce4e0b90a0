import { type ParseErrorCode, printParseErrorCode, visit } from "jsonc-parser";
import { MAX_COLUMNS, MAX_DEPTH, MAX_ROW_CHARACTERS } from "./limits.ts";
import {
  countLines,
  type FileLocation,
  UnreadableError,
  type UnreadableReason,
} from "./unreadable.ts";

/** Line and character of a file, both from 1. */
export type Position = Pick<FileLocation, "line" | "column">;

/** Figures of a row's text, for {@link JsonRows.take}. */
export interface ScannedRow {
  /** Largest nesting depth of arrays and objects. */
  readonly deepest: number;
  /** Number of colons outside of strings, which is the number of keys. */
  readonly colons: number;
}

/** Checks rows that are JSON objects and collects their columns. */
export class JsonRows {
  readonly columns: string[] = [];
  readonly #known = new Set<string>();

  /**
   * Checks the text of a row and returns it as one line. The text itself is kept, so that Postgres
   * gets every digit of a number.
   *
   * @throws {UnreadableError}
   */
  take(text: string, start: Position, scanned: ScannedRow): string {
    if (text.length > MAX_ROW_CHARACTERS) throw rowTooLong(start);
    if (scanned.deepest > MAX_DEPTH) {
      throw refuse("too_deep", `more than ${MAX_DEPTH} levels of nesting.`, start);
    }
    const value = parseRow(text, start);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw refuse("not_an_object", "a row must be an object.", start);
    }
    for (const name of Object.keys(value)) {
      if (this.#known.has(name)) continue;
      if (this.columns.length === MAX_COLUMNS) {
        throw refuse(
          "too_many_columns",
          `more than ${MAX_COLUMNS} different fields.`,
          start,
          name,
        );
      }
      this.#known.add(name);
      this.columns.push(name);
    }
    if (countKeys(value) !== scanned.colons) throw duplicateKey(text, start);
    // The full checks run only if the text contains an escape or a number that may be out of range.
    if (/\\u(0000|d[89a-f])/i.test(text)) checkTexts(value, start);
    if (/\de[+-]?\d{3}|\d{300}/i.test(text)) checkNumbers(text, start);
    // Valid JSON has control characters only between values.
    const line = /[\t\r\n]/.test(text) ? text.replace(/[\t\r\n]/g, " ") : text;
    return line.trimEnd();
  }
}

/** Makes the error of something at a position of the file. */
export function refuse(
  reason: UnreadableReason,
  message: string,
  { line, column }: Position,
  field?: string,
): UnreadableError {
  const location = { line, column, ...field === undefined ? {} : { field } };
  return new UnreadableError(reason, `Line ${line}: ${message}`, location);
}

export function rowTooLong(start: Position): UnreadableError {
  return refuse("row_too_long", `a row has more than ${MAX_ROW_CHARACTERS} characters.`, start);
}

/** Parses the text of a row. @throws {UnreadableError} `not_json` with the position of the error. */
export function parseRow(text: string, start: Position): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // `JSON.parse` gives no reliable position: a second parser finds it.
    let first: { readonly code: ParseErrorCode; readonly offset: number } | undefined;
    visit(text, { onError: (code, offset) => first ??= { code, offset } }, {
      disallowComments: true,
    });
    const what = first === undefined
      ? ""
      : `, ${printParseErrorCode(first.code).replace(/(?<=.)[A-Z]/g, (letter) => ` ${letter}`)}`;
    throw refuse(
      "not_json",
      `invalid JSON${what.toLowerCase()}.`,
      positionOf(text, start, first?.offset ?? 0),
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

function duplicateKey(text: string, start: Position): UnreadableError {
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
  return refuse(
    "duplicate_key",
    `the key "${name}" occurs twice in one object.`,
    positionOf(text, start, offset),
    name,
  );
}

/** Refuses text that Postgres cannot store. */
function checkTexts(row: object, start: Position): void {
  const check = (value: unknown, field: string): void => {
    if (typeof value === "string") {
      if (value.includes("\0")) {
        throw refuse("nul_character", `"${field}" holds a NUL character.`, start, field);
      }
      if (value.isWellFormed()) return;
      const message = `"${field}" holds half of a surrogate pair, which is no character.`;
      throw refuse("lone_surrogate", message, start, field);
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

/** Most decimals of Postgres' type `numeric`, in which JSON numbers are stored. */
const MAX_DECIMALS = 16_383;

/** Refuses numbers that Postgres cannot store or that are infinite as a double. */
function checkNumbers(text: string, start: Position): void {
  let field = "";
  visit(text, {
    onObjectProperty: (name) => void (field = name),
    onLiteralValue: (value, offset, length) => {
      if (typeof value !== "number") return;
      const [, decimals = "", exponent = "0"] =
        /^[^.e]*(?:\.(\d+))?(?:e(.+))?$/i.exec(text.slice(offset, offset + length)) ?? [];
      const isFine = decimals.length - Number(exponent) <= MAX_DECIMALS;
      if (isFine && Number.isFinite(value)) return;
      throw refuse(
        "number_out_of_range",
        `the number of "${field}" is over 1.8e308 or has more than ${MAX_DECIMALS} decimals.`,
        positionOf(text, start, offset),
        field,
      );
    },
  });
}

/** Returns the position of an offset in the text of a row that begins at `start`. */
function positionOf(text: string, start: Position, offset: number): Position {
  const lines = countLines(text, "\n", offset);
  const column = offset - text.lastIndexOf("\n", offset - 1);
  return lines === 0
    ? { line: start.line, column: start.column + offset }
    : { line: start.line + lines, column };
}
