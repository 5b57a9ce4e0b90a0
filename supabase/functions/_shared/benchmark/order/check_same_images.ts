import type { FieldError } from "../../platform/http/field_error.ts";
import { hashBytes } from "../../platform/json/hash_json.ts";
import type { BenchmarkImage } from "../config.ts";
import type { ImageStore, StoredImage } from "./image_store.ts";

/**
 * Once a repetition is found, reading ends after so many bytes: 50 copies of a large image would cost
 * a good part of the 2 s of CPU that a request has, only to name all of them.
 */
const MAX_BYTES_READ = 64 * 1024 * 1024;

/**
 * Finds images whose bytes are those of an earlier one. They are no second image: statistics take
 * the images for drawn independently, and a copy makes a report look more certain than it is.
 *
 * Only images that agree in size and first bytes are read whole, one at a time.
 *
 * @param stored what Storage holds of each image, in the order of the images.
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
  /** The first bytes are all there are. */
  readonly isWhole: boolean;
}

/** Groups of two or more images that may be the same. */
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
    message: `The file has the same bytes as images.${first.index} (${nameOf(first.path)}). ` +
      "Leave one of the two out.",
  };
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
