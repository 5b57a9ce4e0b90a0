import { z } from "zod";
import { IMAGE_HEADER_BYTES, sniffImage } from "../../models/image.ts";
import type { ImageLimits } from "../../models/image_limits.ts";
import { unavailable } from "../../platform/http/problem.ts";
import { readCapped } from "../../platform/http/read_capped.ts";
import { hashJson } from "../../platform/json/hash_json.ts";
import { mapBounded } from "../../platform/map_bounded.ts";
import type { StorageClient } from "../../platform/storage.ts";
import { nameFile } from "./check_images.ts";
import { findFaults } from "./fit_images.ts";
import type { FitTarget, FittedCopy, Fitting, ImageFitter } from "./fit_images.ts";
import { type ImageBucket, IMAGES_BUCKET } from "./image_store.ts";

/** Concurrent copies: each is in memory as a whole. */
const CONCURRENCY = 3;

/**
 * Attempts at a copy, each smaller than the last: the bytes of a PNG are only known once it is
 * made.
 */
const MAX_RENDERINGS = 3;

/** Factor for the sides after a rendering that had too many bytes to be read. */
const SHRINK = 0.7;

/** Quality of a JPEG. Storage's default of 80 blurs small print. */
const QUALITY = 90;

/**
 * Milliseconds and bytes after which no further copy begins: a request has 2 s of CPU and 150 s in
 * all.
 */
const MAX_MS = 60_000;
const MAX_BYTES_READ = 64 * 1024 * 1024;

const RENDERING_MS = 30_000;
const SIGNED_SECONDS = 120;

/** Largest file that the bucket takes. */
const MAX_COPY_BYTES = 10 * 1024 * 1024;

const EXTENSIONS = { jpeg: "jpg", png: "png" } as const;

const errorSchema = z.object({ message: z.string() });

/**
 * Storage's rendering of an image, or its refusal. Bytes are null if there are too many to read.
 */
type Rendering =
  | { readonly bytes: Uint8Array<ArrayBuffer> | null }
  | { readonly refused: string };

/**
 * A file that fits the models, a refusal, or the factor for its sides (`scale`) that would make it
 * fit.
 */
type Verdict =
  | Omit<FittedCopy, "path">
  | { readonly refused: string }
  | { readonly scale: number; readonly longestSide: number };

/**
 * Creates the service that makes copies. Storage's image transformation shrinks and converts them,
 * since a codec would use up the CPU time of an edge function. A copy's name holds a hash of source
 * and target.
 */
export function createImageFitter(
  storage: StorageClient,
  bucket: Pick<ImageBucket, "inspectImages">,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): ImageFitter {
  const files = storage.from(IMAGES_BUCKET);

  /** Returns the copies that exist; null for the others. */
  const findCopies = async (wanted: readonly { path: string; limits: ImageLimits }[]) => {
    const found = await bucket.inspectImages(wanted.map(({ path }) => path), {
      headerBytes: IMAGE_HEADER_BYTES,
      maxBytes: MAX_COPY_BYTES,
    });
    return wanted.map(({ path, limits }, index): Fitting | null => {
      const image = found[index] ?? null;
      if (image === null) return null;
      const verdict = judge(image.bytes, image.header, limits);
      if ("format" in verdict) return { copy: { path, ...verdict } };
      return { refused: `another file is stored at ${path}` };
    });
  };

  const render = async (
    path: string,
    edge: number | null,
    maxBytes: number,
  ): Promise<Rendering> => {
    const { data, error } = await files.createSignedUrl(path, SIGNED_SECONDS, {
      transform: {
        quality: QUALITY,
        // A square: a photo that Storage turns upright fits as well.
        ...edge === null ? {} : { width: edge, height: edge, resize: "contain" },
      },
    });
    if (error !== null) throw unavailable("storage.unavailable", error);
    // If the project has no transformations, the URL is that of the image itself.
    if (!new URL(data.signedUrl).pathname.includes("/render/image/")) {
      return { refused: "this project has no image transformations" };
    }
    try {
      const response = await fetch(data.signedUrl, {
        // Storage would answer in WebP if it were accepted, and not every model takes WebP.
        headers: { accept: "image/jpeg, image/png" },
        signal: AbortSignal.timeout(RENDERING_MS),
      });
      if (response.ok) return { bytes: await readCapped(response.body, maxBytes) };
      return { refused: await describeRefusal(response) };
    } catch (error) {
      throw unavailable("storage.unavailable", error);
    }
  };

  /** Stores a copy. If another request was faster, its copy is returned. */
  const store = async (
    copy: FittedCopy,
    bytes: Uint8Array<ArrayBuffer>,
    limits: ImageLimits,
  ): Promise<Fitting> => {
    const { error } = await files.upload(copy.path, bytes, {
      contentType: `image/${copy.format}`,
      upsert: false,
    });
    if (error === null) return { copy };
    const [other] = await findCopies([{ path: copy.path, limits }]);
    if (other === null || other === undefined) throw unavailable("storage.unavailable", error);
    return other;
  };

  const makeCopy = async (
    { source, edge: firstEdge, limits }: FitTarget,
    name: string,
    spend: (bytes: number) => void,
  ): Promise<Fitting> => {
    const maxBytes = Math.min(limits.bytes ?? MAX_COPY_BYTES, MAX_COPY_BYTES);
    const { size } = source.sniffed;
    let edge = firstEdge;
    for (let renderings = 0; renderings < MAX_RENDERINGS; renderings++) {
      const rendering = await render(source.path, edge, maxBytes);
      if ("refused" in rendering) return rendering;
      const { bytes } = rendering;
      spend(bytes?.byteLength ?? maxBytes);
      const verdict = bytes === null
        ? { scale: SHRINK, longestSide: edge ?? Math.max(size?.width ?? 0, size?.height ?? 0) }
        : judge(bytes.byteLength, bytes, limits);
      if ("refused" in verdict) return verdict;
      if (bytes !== null && "format" in verdict) {
        const path = `${name}.${EXTENSIONS[verdict.format]}`;
        return await store({ path, ...verdict }, bytes, limits);
      }
      if ("scale" in verdict) edge = Math.max(1, Math.floor(verdict.scale * verdict.longestSide));
    }
    return { refused: "it is still too large for a model after it was shrunk" };
  };

  return {
    fitImages: async (targets) => {
      const wanted = await Promise.all(
        targets.map(async (target) => ({ target, name: await nameCopy(target) })),
      );
      const present = await findCopies(
        wanted.flatMap(({ target: { limits }, name }) =>
          Object.values(EXTENSIONS).map((extension) => ({ path: `${name}.${extension}`, limits }))
        ),
      );
      const deadline = AbortSignal.timeout(MAX_MS);
      let bytesRead = 0;
      return await mapBounded(wanted, CONCURRENCY, async ({ target, name }, index) => {
        const [asJpeg = null, asPng = null] = present.slice(2 * index);
        const copy = asJpeg ?? asPng;
        if (copy !== null) return copy;
        if (deadline.aborted || bytesRead > MAX_BYTES_READ) {
          throw unavailable("storage.unavailable", new Error("too many copies for one request"));
        }
        return await makeCopy(target, name, (bytes) => bytesRead += bytes);
      });
    },
  };
}

function judge(bytes: number, header: Uint8Array, limits: ImageLimits): Verdict {
  const sniffed = sniffImage(header);
  const size = sniffed?.size ?? null;
  if (sniffed === null || size === null) {
    return { refused: "Storage answered with no image that can be read" };
  }
  const { format } = sniffed;
  if (format === "webp") return { refused: "Storage leaves WebP images as they are" };
  const scales = findFaults({ bytes, sniffed }, limits).map(({ scale }) => scale);
  return scales.length === 0
    ? { format, bytes, size }
    : { scale: Math.min(...scales), longestSide: Math.max(size.width, size.height) };
}

/**
 * Returns the path of a copy without its extension: in the owner's folder, with the source's name.
 */
async function nameCopy({ source, edge, limits }: FitTarget): Promise<string> {
  const hash = await hashJson({
    path: source.path,
    etag: source.etag ?? null,
    bytes: source.bytes,
    edge,
    quality: QUALITY,
    limits: { ...limits, formats: [...limits.formats].sort() },
  });
  const [owner = ""] = source.path.split("/");
  return `${owner}/fitted/${hash}/${nameFile(source).replace(/(?<=.)\.[^.]*$/, "")}`;
}

/** Returns why Storage made no copy; its body is JSON with a message, in English. */
async function describeRefusal(response: Response): Promise<string> {
  const body = errorSchema.safeParse(await response.json().catch(() => null));
  return `Storage answered ${response.status}${body.success ? ` (${body.data.message})` : ""}`;
}
