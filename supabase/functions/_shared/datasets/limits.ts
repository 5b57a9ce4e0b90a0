/** Size of a file, in bytes. The bucket has the same limit. */
export const MAX_FILE_BYTES = 50 * 1024 * 1024;

/** Length of one row, in UTF-16 units. A row is held in memory several times while it is read. */
export const MAX_ROW_CHARACTERS = 8 * 1024 * 1024;

export const MAX_COLUMNS = 1_000;

export const MAX_ROWS = 1_000_000;

/** Nesting of JSON values, which Postgres and every client can read. */
export const MAX_DEPTH = 100;
