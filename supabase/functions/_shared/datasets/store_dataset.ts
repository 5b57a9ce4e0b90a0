import { createHash } from "node:crypto";
import { malformed, Problem, tooLarge } from "../platform/http/problem.ts";
import type { Logger } from "../platform/logger.ts";
import type { DatasetFiles } from "./dataset_files.ts";
import type { Delimiter } from "./read_csv.ts";
import { type Format, readRows } from "./read_rows.ts";
import type { DatasetInfo, DatasetStore } from "./store.ts";
import { UnreadableError } from "./unreadable.ts";

/** A file to store as a dataset. */
export interface Upload {
  readonly ownerId: string;
  readonly name: string;
  readonly format: Format;
  readonly delimiter: Delimiter | null;
  readonly body: ReadableStream<Uint8Array>;
}

interface StoreDeps {
  readonly store: DatasetStore;
  readonly files: DatasetFiles;
  readonly log: Logger;
  /** Size of a file, in bytes. */
  readonly maxFileBytes: number;
}

const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  csv: "text/csv",
  tsv: "text/tab-separated-values",
  json: "application/json",
  jsonl: "application/x-ndjson",
};

/**
 * Stores a file as a dataset: first streams its bytes to Storage, then reads the rows from there into
 * one transaction. So a slow sender holds no transaction open, known bytes are not parsed again, and
 * each step holds only a piece of the file in memory.
 *
 * The dataset exists once the transaction is committed, and its file exists before. A failure on the
 * way leaves at worst a file without a dataset, which the sweep removes.
 *
 * @throws {UnreadableError}
 * @throws {Problem} `request.too_large`; `request.malformed` if the body breaks off;
 * `storage.unavailable`; `database.unavailable`.
 */
export async function storeDataset(
  { store, files, log, maxFileBytes }: StoreDeps,
  { ownerId, name, format, delimiter, body }: Upload,
): Promise<{ readonly dataset: DatasetInfo; readonly isNew: boolean }> {
  const id = crypto.randomUUID();
  const filePath = `${ownerId}/${id}.${format}`;
  const removeFile = async () => {
    await files.remove([filePath]).catch((error: unknown) =>
      log.warn("file of no dataset not removed: the sweep will remove it", {
        file_path: filePath,
        error,
      })
    );
  };

  const measured = measure(body, maxFileBytes);
  try {
    await files.upload(filePath, measured.stream, CONTENT_TYPES[format]);
  } catch (error) {
    throw measured.failure() ?? error;
  }
  const { bytes, hash } = measured.result();
  const rows = readRows(await files.open(filePath), format, delimiter ?? undefined);
  try {
    const loaded = await store.load(
      { id, ownerId, name, format, delimiter, filePath, fileBytes: bytes, contentHash: hash },
      rows,
    );
    if (!loaded.isNew) await removeFile();
    return loaded;
  } catch (error) {
    // After any other error the transaction may still have been committed.
    if (error instanceof UnreadableError) await removeFile();
    throw error;
  }
}

/** Counts and hashes the bytes of a stream, and aborts it beyond the largest file. */
function measure(body: ReadableStream<Uint8Array>, maxBytes: number) {
  const hash = createHash("sha256");
  const reader = body.getReader();
  let bytes = 0;
  let failure: Problem | undefined;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        bytes += value.length;
        if (bytes > maxBytes) throw tooLarge(maxBytes);
        hash.update(value);
        controller.enqueue(value);
      } catch (error) {
        failure = error instanceof Problem ? error : malformed("The body ended early.", error);
        await reader.cancel(error).catch(() => {});
        controller.error(error);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  }, { highWaterMark: 0 });
  return {
    stream,
    /** Returns the reason if the stream was aborted. */
    failure: () => failure,
    /** Call it after the end of the stream. */
    result: () => ({ bytes, hash: hash.digest("hex") }),
  };
}
