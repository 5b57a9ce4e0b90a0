import { z } from "zod";
import type { QueryResult } from "../../_shared/chat/query_result.ts";

/** Longest JSON of rows in a result, in characters: what a client reads fills its model's context. */
const MAX_ROWS_LENGTH = 100_000;

/** Rows of a result, as part of a tool's output. */
export const rowsOutput = {
  columns: z.array(z.object({ name: z.string(), type: z.string() })).readonly(),
  rows: z.array(z.array(z.unknown()).readonly()).readonly()
    .describe("Values in the order of the columns. Integers past 2^53 are text."),
  row_count: z.number().describe("Number of rows that the statement found, up to the limit."),
  truncated: z.boolean().describe("True if rows are missing here."),
};

/** Returns a result without the rows that would make it too long. */
export function fitRows(result: QueryResult): QueryResult {
  let length = 0;
  const kept = result.rows.findIndex((row) => {
    length += JSON.stringify(row, (_key, value) =>
      typeof value === "bigint" ? String(value) : value)
      .length;
    return length > MAX_ROWS_LENGTH;
  });
  return kept === -1 ? result : { ...result, rows: result.rows.slice(0, kept), truncated: true };
}
