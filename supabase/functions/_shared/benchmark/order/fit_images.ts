import type { ImageSize } from "../../models/image.ts";
import type { FieldError } from "../../platform/http/field_error.ts";
import type { BenchmarkImage, SnapshotImage } from "../config.ts";
import { describeReplacement, type Misfit, refuseCopy } from "./check_image_limits.ts";
import type { CheckedImage, FitTarget, FittedCopy, ImageFitter } from "./fitted_copy.ts";

/** The images that the models are to read. */
export interface FittedImages {
  /** One for each image of which no copy could be made. */
  readonly errors: readonly FieldError[];
  /** One for each image that a copy replaces, with the size of the copy. */
  readonly notes: readonly FieldError[];
  readonly images: SnapshotImage[];
  /** In pixels, in the order of the images; null where unknown. */
  readonly sizes: readonly (ImageSize | null)[];
}

/**
 * Replaces each image that a chosen model does not take by a copy that all of them take.
 *
 * @param checked what is known of each image, in the order of the images.
 * @throws {Problem} `storage.unavailable`
 */
export async function fitImages(
  fitter: ImageFitter,
  images: readonly BenchmarkImage[],
  checked: readonly (CheckedImage | null)[],
  misfits: readonly Misfit[],
): Promise<FittedImages> {
  const wanted = misfits.flatMap((misfit) =>
    misfit.target === null ? [] : [{ misfit, target: misfit.target }]
  );
  const fittings = wanted.length === 0
    ? []
    : await fitter.fitImages(wanted.map(({ target }) => target));
  const errors: FieldError[] = [];
  const notes: FieldError[] = [];
  const copies = new Map<number, { readonly target: FitTarget; readonly copy: FittedCopy }>();
  for (const [order, fitting] of fittings.entries()) {
    const { misfit, target } = wanted[order] ?? {};
    if (misfit === undefined || target === undefined) continue;
    if ("copy" in fitting) {
      copies.set(misfit.index, { target, copy: fitting.copy });
      notes.push(describeReplacement(misfit, fitting.copy));
    } else errors.push(refuseCopy(misfit, fitting.refused));
  }
  return {
    errors,
    notes,
    images: images.map((image, index) => {
      const made = copies.get(index);
      return made === undefined ? image : replaceImage(image, made.target, made.copy);
    }),
    sizes: checked.map((image, index) =>
      copies.get(index)?.copy.size ?? image?.sniffed.size ?? null
    ),
  };
}

function replaceImage(
  { path, expected }: BenchmarkImage,
  { source: { sniffed: { size } }, edge }: FitTarget,
  copy: FittedCopy,
): SnapshotImage {
  const { width, height } = copy.size;
  // By area: a photo that was turned upright has its sides swapped.
  const isShrunk = size === null ? edge !== null : width * height < size.width * size.height;
  return {
    path: copy.path,
    expected,
    fitted: { source_path: path, format: copy.format, width, height, is_shrunk: isShrunk },
  };
}
