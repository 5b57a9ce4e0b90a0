import { sniffImage } from "../../models/image.ts";
import type { FieldError } from "../../platform/http/field_error.ts";
import type { BenchmarkImage } from "../config.ts";
import type { CheckedImage } from "./fitted_copy.ts";
import type { StoredImage } from "./image_store.ts";

/**
 * Finds images that are not the customer's: each customer has a folder named by their id. Must come
 * before anything looks into Storage, which is asked with a key that opens every folder.
 */
export function checkImageOwner(
  images: readonly BenchmarkImage[],
  ownerId: string,
): FieldError[] {
  return images.flatMap(({ path }, index) =>
    path.startsWith(`${ownerId}/`) ? [] : [{
      path: `images.${index}.path`,
      code: "not_owned",
      message: "The image is not in your folder.",
    }]
  );
}

/** What {@link checkStoredImages} found. */
export interface CheckedImages {
  readonly errors: readonly FieldError[];
  /** In the order of the images; `null` for those that are refused. */
  readonly images: readonly (CheckedImage | null)[];
}

/** Checks that each image is there, is small enough and begins as an image does. */
export function checkStoredImages(
  images: readonly BenchmarkImage[],
  stored: readonly (StoredImage | null)[],
  maxBytes: number,
): CheckedImages {
  const errors: FieldError[] = [];
  const checked = images.map(({ path }, index): CheckedImage | null => {
    const image = stored[index] ?? null;
    const fail = (code: string, message: string) => {
      errors.push({ path: `images.${index}.path`, code, message });
      return null;
    };
    if (image === null) return fail("not_found", "There is no such image.");
    if (image.bytes > maxBytes) {
      return fail("too_large", `The image has more than ${maxBytes} bytes.`);
    }
    const sniffed = sniffImage(image.header);
    if (sniffed === null) {
      return fail("unsupported_format", "The file is no PNG, JPEG or WebP.");
    }
    if (sniffed.size === null && image.bytes <= image.header.byteLength) {
      return fail("damaged", "The image ends before it says how large it is.");
    }
    const { bytes, etag } = image;
    return { path, bytes, ...etag === undefined ? {} : { etag }, sniffed };
  });
  return { errors, images: checked };
}
