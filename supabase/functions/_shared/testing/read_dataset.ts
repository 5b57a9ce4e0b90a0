import { type DatasetRows, type Format, readRows } from "../datasets/read_rows.ts";
import type { Delimiter } from "../datasets/read_csv.ts";
import { UnreadableError } from "../datasets/unreadable.ts";

/** Everything that reading a file came to. */
export interface Reading {
  readonly columns: readonly string[];
  readonly rows: readonly unknown[];
  /** The rows as they go to Postgres. */
  readonly lines: readonly string[];
}

/** Cuts bytes into pieces of these sizes, over and over. */
async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let from = 0, turn = 0; from < bytes.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? bytes.length);
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

/** Reads a whole file, of text or bytes, that comes in pieces of these sizes. */
export async function readFile(
  file: string | Uint8Array,
  format: Format,
  { sizes = [], delimiter }: {
    readonly sizes?: readonly number[];
    readonly delimiter?: Delimiter;
  } = {},
): Promise<Reading> {
  const bytes = typeof file === "string" ? new TextEncoder().encode(file) : file;
  const rows: DatasetRows = readRows(cut(bytes, sizes), format, delimiter);
  const lines: string[] = [];
  for await (const batch of rows.batches()) lines.push(...batch);
  return { columns: rows.columns, lines, rows: lines.map((line) => JSON.parse(line)) };
}

/** Returns the reason and place of a refusal; null if the file is accepted. */
export async function refusalOf(
  file: string | Uint8Array,
  format: Format,
  options?: { readonly sizes?: readonly number[]; readonly delimiter?: Delimiter },
): Promise<(UnreadableError["location"] & { readonly reason: string }) | null> {
  try {
    await readFile(file, format, options);
    return null;
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return { reason: error.reason, ...error.location };
  }
}
