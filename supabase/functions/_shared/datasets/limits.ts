import { z } from "zod";

/** Variables of uploads. */
export const datasetEnv = {
  /** Size of a file, in bytes. The bucket's own limit, 50 MiB, bounds it too. */
  MAX_DATASET_BYTES: z.coerce.number().int().positive().default(50 * 1024 * 1024),
} as const;

/** CPU time that a megabyte takes on Deno 2.1.4 at most: CSV and JSON Lines 23 to 29 ms, JSON 28 to 32. */
export const MS_PER_MEGABYTE = 32;

/** Length of one row, in UTF-16 units. A row is held in memory several times while it is read. */
export const MAX_ROW_CHARACTERS = 8 * 1024 * 1024;

export const MAX_COLUMNS = 1_000;

export const MAX_ROWS = 1_000_000;

/** Nesting of JSON values, which Postgres and every client can read. */
export const MAX_DEPTH = 100;
