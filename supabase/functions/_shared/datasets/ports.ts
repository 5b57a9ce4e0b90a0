import type { Delimiter } from "./read_csv.ts";
import type { DatasetRows, Format } from "./read_rows.ts";

/** A file that is in Storage and not yet a dataset. */
export interface NewDataset {
  readonly id: string;
  readonly ownerId: string;
  readonly name: string;
  readonly format: Format;
  /** Of csv; null for what has none. */
  readonly delimiter: Delimiter | null;
  /** `<owner id>/<dataset id>.<format>` */
  readonly filePath: string;
  readonly fileBytes: number;
  /** SHA-256 in hexadecimal. */
  readonly contentHash: string;
}

/** A dataset as clients are told. */
export interface DatasetInfo {
  readonly id: string;
  readonly name: string;
  /** From 1, within the name. */
  readonly version: number;
  readonly format: Format;
  readonly delimiter: Delimiter | null;
  readonly content_hash: string;
  readonly file_path: string;
  readonly file_bytes: number;
  readonly columns: readonly string[];
  readonly row_count: number;
  readonly created_at: string;
}

/** Where datasets and their rows are kept. */
export interface DatasetStore {
  /**
   * Keeps the dataset and all its rows, in one transaction, as the next version of its name; or
   * finds the one that holds the same bytes, and then reads no row.
   *
   * @throws {UnreadableError} from the rows: nothing is kept.
   */
  load(
    dataset: NewDataset,
    rows: DatasetRows,
  ): Promise<{ readonly dataset: DatasetInfo; readonly isNew: boolean }>;
  /**
   * A {@link DatasetInfo} with its first `rows`, as JSON: a parser here would round its numbers.
   * Null for another's and for none.
   */
  read(ownerId: string, id: string): Promise<string | null>;
  /** Paths of files that no dataset points at, oldest first. */
  listOrphanFiles(olderThanSeconds: number, limit: number): Promise<readonly string[]>;
}

/** Files of datasets in Storage. */
export interface DatasetFiles {
  /** @throws {Problem} `storage.unavailable` */
  upload(path: string, body: ReadableStream<Uint8Array>, contentType: string): Promise<void>;
  /** @throws {Problem} `storage.unavailable` */
  open(path: string): Promise<ReadableStream<Uint8Array>>;
  /** What is not there is passed over. @throws {Problem} `storage.unavailable` */
  remove(paths: readonly string[]): Promise<void>;
}
