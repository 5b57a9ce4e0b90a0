/** Of a file. The bucket's own limit is the same. */
export const MAX_FILE_BYTES = 50 * 1024 * 1024;

/** Of one row, in UTF-16 units: it is in memory several times over while it is read. */
export const MAX_ROW_CHARACTERS = 8 * 1024 * 1024;

export const MAX_COLUMNS = 1_000;

export const MAX_ROWS = 1_000_000;

/** Of JSON values inside each other; Postgres and every client read that many. */
export const MAX_DEPTH = 100;
