import { z } from "zod";

/** Result of the SQL function `run_chat_query()`. */
export const queryResultSchema = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })).readonly(),
  /** Values in the order of the columns, as JSON holds them. */
  rows: z.array(z.array(z.unknown()).readonly()).readonly(),
  /** Number of all rows that were read. */
  row_count: z.int(),
  /** True if the statement found more rows or bytes than the limits allow. */
  truncated: z.boolean(),
});

/** Columns and rows that a statement found. */
export type QueryResult = Readonly<z.infer<typeof queryResultSchema>>;
