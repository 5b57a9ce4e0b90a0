/** Why a file is no dataset. A contract with clients: add freely, never rename. */
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

/** Where in the file. Everything counts from 1. */
export interface Place {
  /** Line of the file; a field with line breaks in it spans several. */
  readonly line: number;
  /**
   * Of CSV and TSV the number of the field in its row; of JSON, and of what is no text at all, the
   * number of the character in its line.
   */
  readonly column: number;
  /** Name of the field, where it has one. */
  readonly field?: string;
  /** Offset in the file, for what has no characters to count. */
  readonly byte?: number;
}

/** The file cannot be read as what it is said to be. The message is for the one who sent it. */
export class UnreadableError extends Error {
  override readonly name = "UnreadableError";

  constructor(readonly reason: UnreadableReason, message: string, readonly place: Place) {
    super(message);
  }
}
