/** Reasons why a file is no dataset. Clients rely on them: add new ones, never rename. */
export type UnreadableReason =
  | "undecodable"
  | "nul_character"
  | "no_rows"
  | "too_many_rows"
  | "too_many_columns"
  | "row_too_long"
  | "empty_header"
  | "duplicate_header"
  | "ragged_row"
  | "malformed_quotes"
  | "not_json"
  | "not_an_array"
  | "not_an_object"
  | "duplicate_key"
  | "lone_surrogate"
  | "number_out_of_range"
  | "too_deep";

/** Location in a file. All numbers count from 1. */
export interface FileLocation {
  /** Line of the file. A field with line breaks spans several. */
  readonly line: number;
  /**
   * In CSV and TSV the number of the field in its row. In JSON, and for bytes that are no text, the
   * number of the character in its line.
   */
  readonly column: number;
  /** Name of the field, if it has one. */
  readonly field?: string;
  /** Number of the byte in the file, for bytes that are no text. */
  readonly byte?: number;
}

/** A file that cannot be read in its format. The message is meant for its sender. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";

  constructor(readonly reason: UnreadableReason, message: string, readonly location: FileLocation) {
    super(message);
  }
}

/** Counts the line breaks of a text before the offset `end`. */
export function countLines(text: string, lineBreak: string, end = text.length): number {
  let count = 0;
  for (let at = text.indexOf(lineBreak); at !== -1 && at < end;) {
    count++;
    at = text.indexOf(lineBreak, at + 1);
  }
  return count;
}
