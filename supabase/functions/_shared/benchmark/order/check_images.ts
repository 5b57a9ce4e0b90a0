import { type SniffedImage, sniffImage } from "../../models/image.ts";
import type { FieldError } from "../../platform/http/field_error.ts";
import { hashBytes } from "../../platform/json/hash_json.ts";
import type { BenchmarkImage } from "../configuration.ts";
import type { ImageStore, StoredImage } from "./image_store.ts";

/**
 * Bytes after which reading ends once a copy was found. To name every copy among 50 large images
 * would take a good part of the 2 s of CPU that a request has.
 */
const MAX_BYTES_READ = 64 * 1024 * 1024;

/**
 * Finds images outside the customer's folder, whose name is the customer's id. Must run before
 * Storage is read, since our key opens every folder.
 */
export function checkImageOwner(images: readonly BenchmarkImage[], ownerId: string): FieldError[] {
  return images.flatMap(({ path }, index) =>
    path.startsWith(`${ownerId}/`) ? [] : [{
      path: `images.${index}.path`,
      code: "not_owned",
      message: `${nameFile({ path })} is not in your folder.`,
    }]
  );
}

/**
 * Most pixels of an image: four times those of a page scanned at 600 dpi. Whoever decodes an image holds
 * four bytes for each, and a small file can claim 2^31 a side.
 */
const MAX_PIXELS = 140_000_000;

/** An image in Storage whose format is known. */
export interface CheckedImage extends Omit<StoredImage, "header"> {
  readonly path: string;
  readonly sniffed: SniffedImage;
}

/**
 * Checks that each image exists, is small enough, in bytes and pixels, and begins like a PNG, JPEG or WebP. Returns the
 * images in their order, null for those with an error.
 */
export function checkStoredImages(
  images: readonly BenchmarkImage[],
  stored: readonly (StoredImage | null)[],
  maxBytes: number,
): { readonly errors: FieldError[]; readonly images: (CheckedImage | null)[] } {
  const errors: FieldError[] = [];
  const checked = images.map(({ path }, index): CheckedImage | null => {
    const image = stored[index] ?? null;
    const name = nameFile({ path });
    const fail = (code: string, message: string) => {
      errors.push({ path: `images.${index}.path`, code, message });
      return null;
    };
    if (image === null) return fail("not_found", `There is no image ${name}.`);
    if (image.bytes > maxBytes) {
      return fail("too_large", `${name} has more than ${maxBytes} bytes.`);
    }
    const sniffed = sniffImage(image.header);
    if (sniffed === null) {
      return fail("unsupported_format", `${name} is no PNG, JPEG or WebP.`);
    }
    if (sniffed.size === null && image.bytes <= image.header.byteLength) {
      return fail("damaged", `${name} ends before it says how large it is.`);
    }
    const { width = 1, height = 1 } = sniffed.size ?? {};
    if (width * height > MAX_PIXELS) {
      return fail(
        "too_large",
        `${name} says that it has ${width} x ${height} pixels. It may have at most ${
          MAX_PIXELS / 1e6
        } megapixels.`,
      );
    }
    const { header: _, ...known } = image;
    return { path, ...known, sniffed };
  });
  return { errors, images: checked };
}

/**
 * Finds images with the same bytes as an earlier one. The statistics assume independent images, so
 * a copy would make a report look more certain than it is.
 *
 * Reads only images whole that agree in size and first bytes, one at a time.
 *
 * @param stored the images as Storage holds them, in the same order.
 */
export async function checkSameImages(
  images: readonly BenchmarkImage[],
  stored: readonly (StoredImage | null)[],
  { hashImage }: Pick<ImageStore, "hashImage">,
): Promise<FieldError[]> {
  const errors: FieldError[] = [];
  let bytesRead = 0;
  for (const alike of await groupAlike(images, stored)) {
    const firstByHash = new Map<string, AlikeImage>();
    for (const image of alike) {
      if (errors.length > 0 && bytesRead > MAX_BYTES_READ) return errors;
      const hash = image.isWhole ? "equal" : await hashImage(image.path);
      if (hash === null) continue;
      if (!image.isWhole) bytesRead += image.bytes;
      const first = firstByHash.get(hash);
      if (first === undefined) firstByHash.set(hash, image);
      else errors.push(describeRepetition(image, first));
    }
  }
  return errors;
}

interface AlikeImage {
  readonly index: number;
  readonly path: string;
  readonly bytes: number;
  /** True if the first bytes are all of the file. */
  readonly isWhole: boolean;
}

/** Returns groups of two or more images that may be the same. */
async function groupAlike(
  images: readonly BenchmarkImage[],
  stored: readonly (StoredImage | null)[],
): Promise<AlikeImage[][]> {
  const keys = await Promise.all(
    stored.map(async (image) => image && `${image.bytes} ${await hashBytes(image.header.slice())}`),
  );
  const groups = new Map<string, AlikeImage[]>();
  for (const [index, { path }] of images.entries()) {
    const [image, key] = [stored[index] ?? null, keys[index] ?? null];
    if (image === null || key === null) continue;
    const { bytes, header } = image;
    const alike = { index, path, bytes, isWhole: bytes <= header.byteLength };
    groups.set(key, [...groups.get(key) ?? [], alike]);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

function describeRepetition({ index }: AlikeImage, first: AlikeImage): FieldError {
  return {
    path: `images.${index}.path`,
    code: "same_image",
    message: `The file has the same bytes as images.${first.index} (${nameFile(first)}). ` +
      "Leave one of the two out.",
  };
}

/** Returns the name of a file without its folders. */
export function nameFile({ path }: Pick<CheckedImage, "path">): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
