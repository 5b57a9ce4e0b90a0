import { createHash } from "node:crypto";
import { malformed, Problem, tooLarge } from "../platform/http/problem.ts";
import type { Logger } from "../platform/logger.ts";
import { MAX_FILE_BYTES } from "./limits.ts";
import type { DatasetFiles, DatasetInfo, DatasetStore } from "./ports.ts";
import type { Delimiter } from "./read_csv.ts";
import { type Format, readRows } from "./read_rows.ts";
import { UnreadableError } from "./unreadable.ts";

/** What is uploaded. */
export interface Upload {
  readonly ownerId: string;
  readonly name: string;
  readonly format: Format;
  readonly delimiter: Delimiter | null;
  readonly body: ReadableStream<Uint8Array>;
}

export interface StoreDeps {
  readonly store: DatasetStore;
  readonly files: DatasetFiles;
  readonly log: Logger;
}

const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  csv: "text/csv",
  tsv: "text/tab-separated-values",
  json: "application/json",
  jsonl: "application/x-ndjson",
};

/**
 * Makes a dataset of a file: first the bytes go to Storage as they come, then the rows are read from
 * there into one transaction. A slow sender so holds no transaction open, bytes that are known
 * already are not parsed again, and neither step holds more than a piece of the file in memory.
 *
 * The dataset is there once the transaction is committed, and its file was there before. Whatever
 * fails or dies on the way leaves at worst a file that no dataset points at, for the sweep.
 *
 * @throws {UnreadableError}
 * @throws {Problem} `request.too_large`, `request.malformed` when the body breaks off, or that
 * Storage or the database is away.
 */
export async function storeDataset(
  { store, files, log }: StoreDeps,
  { ownerId, name, format, delimiter, body }: Upload,
): Promise<{ readonly dataset: DatasetInfo; readonly isNew: boolean }> {
  const id = crypto.randomUUID();
  const filePath = `${ownerId}/${id}.${format}`;
  const removeFile = async () => {
    await files.remove([filePath]).catch((error: unknown) =>
      log.warn("the sweep will remove the file", { file_path: filePath, error })
    );
  };

  const measured = measure(body);
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
    // After any other error the transaction may have been committed all the same.
    if (error instanceof UnreadableError) await removeFile();
    throw error;
  }
}

/** Counts and hashes what passes through, and breaks it off where it is too much. */
function measure(body: ReadableStream<Uint8Array>) {
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
        if (bytes > MAX_FILE_BYTES) throw tooLarge(MAX_FILE_BYTES);
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
    /** Why the stream broke off, if it did. */
    failure: () => failure,
    /** Once it has ended. */
    result: () => ({ bytes, hash: hash.digest("hex") }),
  };
}
