import { unavailable } from "../platform/http/problem.ts";
import type { StorageClient } from "../platform/storage.ts";

/** Files of datasets in Storage. */
export interface DatasetFiles {
  /** @throws {Problem} `storage.unavailable` */
  upload(path: string, body: ReadableStream<Uint8Array>, contentType: string): Promise<void>;
  /** @throws {Problem} `storage.unavailable` */
  open(path: string): Promise<ReadableStream<Uint8Array>>;
  /** Ignores files that do not exist. @throws {Problem} `storage.unavailable` */
  remove(paths: readonly string[]): Promise<void>;
}

/** The private bucket of datasets. The first folder of a path is its owner's id. */
const BUCKET = "datasets";

/** Opens the bucket. It bypasses RLS: check first that the paths are the caller's. */
export function createDatasetFiles(storage: StorageClient): DatasetFiles {
  const bucket = storage.from(BUCKET);
  return {
    async upload(path, body, contentType) {
      const { error } = await bucket.upload(path, body, { contentType, duplex: "half" });
      if (error !== null) throw unavailable("storage.unavailable", error);
    },
    async open(path) {
      const { data, error } = await bucket.download(path).asStream();
      if (error !== null) throw unavailable("storage.unavailable", error);
      return data;
    },
    async remove(paths) {
      const { error } = await bucket.remove([...paths]);
      if (error !== null) throw unavailable("storage.unavailable", error);
    },
  };
}
