import { TextDecoding } from "./decode_text.ts";
import { MAX_ROWS } from "./limits.ts";
import { CsvReader, type Delimiter } from "./read_csv.ts";
import { JsonArrayReader, JsonLinesReader } from "./read_json.ts";
import type { RowReader } from "./row_reader.ts";
import { UnreadableError } from "./unreadable.ts";

export const FORMATS = ["csv", "tsv", "json", "jsonl"] as const;

/** What a file is said to be. */
export type Format = (typeof FORMATS)[number];

/** Bytes that are read at once, so that a body in one piece takes no more memory than one in many. */
const PIECE_BYTES = 128 * 1024;

/** The rows of a file, and what is known of them once they are read. */
export interface DatasetRows {
  /** JSON objects in one line each, in the file's order. @throws {UnreadableError} */
  batches(): AsyncGenerator<readonly string[]>;
  /** Names of the top-level fields, in order of appearance. */
  readonly columns: readonly string[];
  readonly count: number;
}

/** Reads a file's rows as its bytes come: no more of it than a batch is held at any time. */
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
