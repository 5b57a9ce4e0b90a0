import { TextDecoding } from "./decode_text.ts";
import { MAX_ROWS } from "./limits.ts";
import { CsvReader, type Delimiter } from "./read_csv.ts";
import { JsonArrayReader, JsonLinesReader } from "./read_json.ts";
import type { RowReader } from "./row_reader.ts";
import { UnreadableError } from "./unreadable.ts";

/** Formats of dataset files. To add one, add its reader to `createReader`. */
export const FORMATS = ["csv", "tsv", "json", "jsonl"] as const;

export type Format = (typeof FORMATS)[number];

/** Most bytes that are decoded at once. Limits the memory for a body that comes in one piece. */
const PIECE_BYTES = 128 * 1024;

/** The rows of a file. `columns` and `count` are complete once `batches()` has ended. */
export interface DatasetRows {
  /** Yields the rows in the file's order, each as one line of JSON. @throws {UnreadableError} */
  batches(): AsyncGenerator<readonly string[]>;
  /** Names of the top-level fields, in order of appearance. */
  readonly columns: readonly string[];
  readonly count: number;
}

/** Reads a file's rows while its bytes arrive. At most one batch is held in memory. */
export function readRows(
  bytes: AsyncIterable<Uint8Array>,
  format: Format,
  delimiter: Delimiter = ",",
): DatasetRows {
  const reader = createReader(format, delimiter);
  const decoding = new TextDecoding();
  let count = 0;
  const counted = (rows: readonly string[]): readonly string[] => {
    count += rows.length;
    if (count > MAX_ROWS) {
      throw new UnreadableError("too_many_rows", `The file has more than ${MAX_ROWS} rows.`, {
        line: MAX_ROWS,
        column: 1,
      });
    }
    return rows;
  };
  return {
    columns: reader.columns,
    get count() {
      return count;
    },
    async *batches() {
      for await (const chunk of bytes) {
        for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
          yield counted(reader.push(decoding.push(chunk.subarray(from, from + PIECE_BYTES))));
        }
      }
      yield counted(reader.push(decoding.end()));
      yield counted(reader.end());
      if (count > 0) return;
      throw new UnreadableError("no_rows", "The file has no rows.", { line: 1, column: 1 });
    },
  };
}

function createReader(format: Format, delimiter: Delimiter): RowReader {
  switch (format) {
    case "csv":
      return new CsvReader(delimiter);
    case "tsv":
      return new CsvReader("\t");
    case "json":
      return new JsonArrayReader();
    case "jsonl":
      return new JsonLinesReader();
  }
}
