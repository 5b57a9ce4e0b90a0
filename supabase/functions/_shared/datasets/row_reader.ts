/**
 * Reads the rows of one file from its text, which comes in pieces cut anywhere. Each row is one line of
 * JSON, an object, which goes to Postgres as it is.
 */
export interface RowReader {
  /** Names of the top-level fields read so far, in order of appearance. */
  readonly columns: readonly string[];
  /** Returns the rows that this piece completes. @throws {UnreadableError} */
  push(text: string): string[];
  /** Returns the rows that the end of the file completes. @throws {UnreadableError} */
  end(): string[];
}
