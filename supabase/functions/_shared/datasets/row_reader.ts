/**
 * Reads the rows of one file out of its text, which comes in pieces cut anywhere. Rows are JSON
 * objects in one line each, so that nothing between here and Postgres has to take them apart.
 */
export interface RowReader {
  /** Names of the top-level fields so far, in order of appearance. */
  readonly columns: readonly string[];
  /** The rows that this piece completes. @throws {UnreadableError} */
  push(text: string): string[];
  /** The rows that the end of the file completes. @throws {UnreadableError} */
  end(): string[];
}
