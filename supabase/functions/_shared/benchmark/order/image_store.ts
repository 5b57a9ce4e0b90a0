import { unavailable } from "../../platform/http/problem.ts";
import { hashBytes } from "../../platform/json/hash_json.ts";
import { mapBounded } from "../../platform/map_bounded.ts";
import type { StorageClient } from "../../platform/storage.ts";
import { readStorageFailure } from "../../platform/storage_failure.ts";

/** Private bucket of the sample images. The first folder of a path is its owner's id. */
export const IMAGES_BUCKET = "benchmark-images";

/** Concurrent requests to Storage: 50 images take seven rounds. */
const CONCURRENCY = 8;

const INSPECTION_SECONDS = 120;
const TIMEOUT_MS = 15_000;

/** Size and first bytes of an image in Storage. */
export interface StoredImage {
  readonly bytes: number;
  /** Its first bytes. */
  readonly header: Uint8Array;
  /** Changes with the content; absent if Storage does not give it. */
  readonly etag?: string;
}

/** Sample images in Supabase Storage, with URLs that let a provider read them. */
export type ImageBucket = ReturnType<typeof createImageStore>;

/** Reader of sample images. */
export type ImageStore = Pick<ImageBucket, "inspectImages" | "hashImage">;

/** Number of first bytes to read of an image. Above `maxBytes` its size need not be exact. */
interface InspectOptions {
  readonly headerBytes: number;
  readonly maxBytes: number;
}

/**
 * Creates the reader of the bucket. It bypasses RLS: check first that the paths are the caller's.
 */
export function createImageStore(
  storage: StorageClient,
  fetch: typeof globalThis.fetch = globalThis.fetch,
) {
  /**
   * Signs URLs for paths, in the same order; null for paths without a file.
   *
   * @throws {Problem} `storage.unavailable`
   */
  const signUrls = async (
    paths: readonly string[],
    seconds: number,
  ): Promise<readonly (string | null)[]> => {
    if (paths.length === 0) return [];
    const { data, error } = await storage.from(IMAGES_BUCKET).createSignedUrls(
      [...paths],
      seconds,
    );
    if (error !== null) throw unavailable("storage.unavailable", error);
    const byPath = new Map(data.map((signed) => [signed.path, signed]));
    return paths.map((path) => {
      const signed = byPath.get(path);
      return signed === undefined || signed.error !== null ? null : signed.signedUrl;
    });
  };

  return {
    signUrls,
    /**
     * Reads the size and first bytes of images, in the order of the paths; null for paths without a
     * file.
     *
     * @throws {Problem} `storage.unavailable`
     */
    inspectImages: async (
      paths: readonly string[],
      options: InspectOptions,
    ): Promise<readonly (StoredImage | null)[]> => {
      const urls = await signUrls(paths, INSPECTION_SECONDS);
      return await mapBounded(urls, CONCURRENCY, async (url) => {
        if (url === null) return null;
        try {
          return await inspect(url, options, fetch);
        } catch (error) {
          throw unavailable("storage.unavailable", error);
        }
      });
    },
    /**
     * Reads a whole image and returns its SHA-256 in hexadecimal; null if there is no file.
     *
     * @throws {Problem} `storage.unavailable`
     */
    hashImage: async (path: string): Promise<string | null> => {
      const [url] = await signUrls([path], INSPECTION_SECONDS);
      if (url === null || url === undefined) return null;
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
        if (response.ok) return await hashBytes(await response.arrayBuffer());
        await response.body?.cancel();
        throw new Error(`Storage answered ${response.status}`);
      } catch (error) {
        throw unavailable("storage.unavailable", error);
      }
    },
  };
}

/**
 * Reads an image's size and first bytes in one request, without downloading the rest. Null if it is
 * missing.
 */
async function inspect(
  url: string,
  options: InspectOptions,
  fetch: typeof globalThis.fetch,
): Promise<StoredImage | null> {
  const response = await fetch(url, {
    headers: { range: `bytes=0-${options.headerBytes - 1}` },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.ok) return await readStart(response, options);
  const { status, text } = await readStorageFailure(response);
  if (status === 404) return null;
  // An empty file has no such range.
  if (status === 416) return { bytes: 0, header: new Uint8Array() };
  throw new Error(`Storage answered ${status}: ${text}`);
}

async function readStart(response: Response, options: InspectOptions): Promise<StoredImage> {
  const total = totalBytes(response);
  const header = new Uint8Array(options.headerBytes);
  let read = 0;
  const reader = response.body?.getReader();
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    if (read < header.byteLength) {
      header.set(value.subarray(0, header.byteLength - read), read);
    }
    read += value.byteLength;
    // If Storage gives no size, bytes are counted until the image is too large.
    if (read >= header.byteLength && (total !== null || read > options.maxBytes)) {
      await reader.cancel();
      break;
    }
  }
  const etag = response.headers.get("etag");
  return {
    bytes: total ?? read,
    header: header.subarray(0, Math.min(read, header.byteLength)),
    ...etag === null ? {} : { etag },
  };
}

function totalBytes(response: Response): number | null {
  const text = response.status === 206
    ? /\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1]
    : response.headers.get("content-length");
  return text === undefined || text === null ? null : Number(text);
}
