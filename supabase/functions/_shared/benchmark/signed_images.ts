import { Buffer } from "node:buffer";
import { z } from "zod";
import { mapBounded } from "../platform/map_bounded.ts";
import { isPrivateUrl } from "../platform/private_url.ts";
import { readStorageFailure, type StorageFailure } from "../platform/storage_failure.ts";

/** Source of the sample images. */
export type ImageSource = ReturnType<typeof createImageSource>;

/** Options of {@link createImageSource}. */
export interface ImageSourceOptions {
  readonly supabaseUrl: string;
  /** A secret key of the project. */
  readonly key: string;
  /** Base URL by `base_url_key`. Providers without one are assumed to be on the internet. */
  readonly baseUrls: Readonly<Record<string, string>>;
  /** `base_url_key`s of providers that take no URLs, such as Ollama. */
  readonly inlineOnly: ReadonlySet<string>;
  readonly fetch?: typeof globalThis.fetch;
}

const BUCKET = "benchmark-images";

/** Lifetime of a signed URL: longer than any worker lives. */
const EXPIRES_IN_SECONDS = 3_600;

/** Time for one request to Storage. */
const TIMEOUT_MS = 10_000;

/** Concurrent downloads: each image is in memory twice while it is encoded. */
const DOWNLOADS_AT_ONCE = 2;

const signedSchema = z.array(z.object({
  path: z.string().nullish(),
  error: z.string().nullish(),
  signedURL: z.string().nullish(),
}));

/**
 * Creates the source of a report's images. Most providers get signed URLs, made for all images of a
 * report in one request, so that no image passes through the worker. A provider gets `data:` URLs
 * if it takes no URLs, or if the project is on a private network and the provider is not.
 */
export function createImageSource(options: ImageSourceOptions) {
  const fetch = options.fetch ?? globalThis.fetch;
  const storage = `${options.supabaseUrl}/storage/v1`;
  const authorization = { apikey: options.key, authorization: `Bearer ${options.key}` };
  const isProjectPrivate = isPrivateUrl(options.supabaseUrl);
  const privateProviders = new Set(
    Object.keys(options.baseUrls).filter((name) => isPrivateUrl(options.baseUrls[name] ?? "")),
  );

  const call = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${storage}${path}`, {
      ...init,
      headers: { ...init.headers, ...authorization },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });

  const sign = async (paths: readonly string[]): Promise<readonly (string | null)[]> => {
    const response = await call(`/object/sign/${BUCKET}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ expiresIn: EXPIRES_IN_SECONDS, paths }),
    });
    if (!response.ok) throw refused(await readStorageFailure(response));
    const signed = signedSchema.parse(await response.json());
    const byPath = new Map(signed.map(({ path, signedURL }) => [path, signedURL]));
    return paths.map((path) => {
      const url = byPath.get(path);
      return url == null ? null : `${storage}${url}`;
    });
  };

  /** Returns one image as a `data:` URL for any provider; null if there is no file. */
  const readBytes = async (path: string): Promise<string | null> => {
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    const response = await call(`/object/authenticated/${BUCKET}/${encoded}`);
    if (!response.ok) {
      const failure = await readStorageFailure(response);
      if (failure.status === 404) return null;
      throw refused(failure);
    }
    const bytes = Buffer.from(await response.arrayBuffer());
    const type = response.headers.get("content-type") ?? "image/png";
    return `data:${type};base64,${bytes.toString("base64")}`;
  };

  /**
   * Returns true if images are sent as bytes to the provider behind `base_url_key`, since it cannot
   * read our URLs.
   */
  const wantsBytes = (baseUrlKey: string): boolean =>
    isProjectPrivate && !privateProviders.has(baseUrlKey) || options.inlineOnly.has(baseUrlKey);

  return {
    wantsBytes,
    readBytes,
    /**
     * Returns URLs for paths in the bucket `benchmark-images`, in the same order; null for paths
     * without a file. The provider behind `base_url_key` can read them for at least as long as a
     * worker lives. If it needs bytes, they are `data:` URLs, each as long as its image.
     */
    openImages: (
      paths: readonly string[],
      baseUrlKey: string,
    ): Promise<readonly (string | null)[]> =>
      wantsBytes(baseUrlKey) ? mapBounded(paths, DOWNLOADS_AT_ONCE, readBytes) : sign(paths),
  };
}

function refused({ status, text }: StorageFailure): Error {
  return new Error(`Storage answered ${status}: ${text}`);
}
