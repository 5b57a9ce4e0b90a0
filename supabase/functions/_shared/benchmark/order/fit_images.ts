import type { ImageSize } from "../../models/image.ts";
import { type ImageLimits, imageLimitsOf, strictestOf } from "../../models/image_limits.ts";
import type { FieldError } from "../../platform/http/field_error.ts";
import type { BenchmarkImage } from "../configuration.ts";
import type { SnapshotImage } from "../snapshot.ts";
import { type CheckedImage, nameFile } from "./check_images.ts";
import type { CatalogueModel } from "./model_catalogue.ts";

/** Factor for the sides, since a file shrinks a little less than its pixels. */
const MARGIN = 0.9;

/**
 * Documented limits of Storage's image transformations: pixels per side of a copy, pixels of a
 * source.
 */
const MAX_COPY_EDGE = 2_500;
const MAX_SOURCE_PIXELS = 50_000_000;

/** An image that a chosen model does not take. */
export interface Misfit {
  /** Index among the images, from 0. */
  readonly index: number;
  /** Names the models and what to upload instead. */
  readonly error: FieldError;
  /** Copy that all chosen models would take; null if Storage cannot make one. */
  readonly target: FitTarget | null;
}

/**
 * Finds images that a chosen model does not take. Each comes with the models, with advice on what
 * to upload instead, and with the copy to make instead. All models take that copy, since all must
 * read the same image.
 *
 * @param images in their order; null for those that another check refuses.
 */
export function findMisfits(
  images: readonly (CheckedImage | null)[],
  models: readonly CatalogueModel[],
): Misfit[] {
  const limited = models.map(({ id, name, base_url_key }) => ({
    name,
    limits: imageLimitsOf({ provider: base_url_key, model: id }),
  }));
  const strictest = strictestOf(limited.map(({ limits }) => limits));
  return images.flatMap((image, index) => {
    if (image === null) return [];
    const faults = limited.flatMap(({ name, limits }) =>
      findFaults(image, limits).map((fault) => ({ ...fault, name }))
    );
    if (faults.length === 0) return [];
    const reasons = [...Map.groupBy(faults, ({ says }) => says)].map(([says, alike]) =>
      `${joinNames(alike.map(({ name }) => name))} ${alike.length === 1 ? "takes" : "take"} ${says}`
    );
    const scale = Math.min(...faults.map((fault) => fault.scale));
    return [{
      index,
      error: {
        path: `images.${index}.path`,
        code: "model_limit",
        message: `${nameFile(image)} is ${describe(image)}; ${reasons.join("; ")}. ` +
          `Upload it ${advise(image, scale, faults.some(({ isFormat }) => isFormat))}, ` +
          "so that all models read the same image.",
      },
      target: isTooLargeToCopy(image)
        ? null
        : { source: image, edge: chooseEdge(image, scale), limits: strictest },
    }];
  });
}

/** Returns the error for an image, with the copy that `fit_images` would replace it with. */
export function offerCopy({ error, target }: Misfit): FieldError {
  const offer = target === null
    ? "A copy cannot be made: the image has more than 50 megapixels."
    : `Or send "fit_images": true, and all models read the same copy of it: ${
      describeCopy(target)
    }.`;
  return { ...error, message: `${error.message} ${offer}` };
}

/**
 * Replaces each image that a chosen model does not take by a copy that all of them take.
 *
 * @param checked the images as they were found in Storage, in the same order.
 * @returns The images and their sizes in pixels (null where unknown), an error for each image of
 * which no copy could be made, and a note with the copy's size for each that a copy replaces.
 * @throws {Problem} `storage.unavailable`
 */
export async function fitImages(
  fitter: ImageFitter,
  images: readonly BenchmarkImage[],
  checked: readonly (CheckedImage | null)[],
  misfits: readonly Misfit[],
) {
  const wanted = misfits.flatMap(({ index, error, target }) =>
    target === null ? [] : [{ index, error, target }]
  );
  const fittings = wanted.length === 0
    ? []
    : await fitter.fitImages(wanted.map(({ target }) => target));
  const errors: FieldError[] = [];
  const notes: FieldError[] = [];
  const copies = new Map<number, { readonly target: FitTarget; readonly copy: FittedCopy }>();
  for (const [order, { index, error, target }] of wanted.entries()) {
    const fitting = fittings[order];
    if (fitting === undefined) continue;
    if ("refused" in fitting) {
      const message = `${error.message} A copy could not be made: ${fitting.refused}.`;
      errors.push({ ...error, message });
      continue;
    }
    const { copy } = fitting;
    copies.set(index, { target, copy });
    notes.push({
      path: error.path,
      code: "image_fitted",
      message: `All models read the same copy of ${nameFile(target.source)}: ` +
        `${describe({ bytes: copy.bytes, sniffed: copy })}.`,
    });
  }
  return {
    errors,
    notes,
    images: images.map((image, index): SnapshotImage => {
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

/** Returns the images' sizes with those of the copies that {@link fitImages} would make of misfits. */
export function predictSizes(
  checked: readonly (CheckedImage | null)[],
  misfits: readonly Misfit[],
): (ImageSize | null)[] {
  const targets = new Map(misfits.map(({ index, target }) => [index, target]));
  return checked.map((image, index) => {
    const size = image?.sniffed.size ?? null;
    const edge = targets.get(index)?.edge ?? null;
    if (edge === null) return size;
    return size === null
      ? { width: edge, height: edge }
      : shrink(size, edge / Math.max(size.width, size.height));
  });
}

/** An image to copy so that all chosen models take the copy. */
export interface FitTarget {
  readonly source: CheckedImage;
  /** Longest side of the copy in pixels; null to keep the size. */
  readonly edge: number | null;
  /** Limits that all chosen models share. */
  readonly limits: ImageLimits;
}

/** A copy that all chosen models take. */
export interface FittedCopy {
  readonly path: string;
  readonly format: "png" | "jpeg";
  readonly bytes: number;
  readonly size: ImageSize;
}

/** A copy, or the reason for having none, worded to follow a colon. */
export type Fitting = { readonly copy: FittedCopy } | { readonly refused: string };

/** Service that shrinks and converts images. */
export interface ImageFitter {
  /**
   * Makes and stores a copy of each image, in the order of the targets. The same source and target
   * always get the same copy.
   *
   * @throws {Problem} `storage.unavailable` if Storage failed or the time for one request ran out.
   * The next call finds the copies that were made.
   */
  fitImages(targets: readonly FitTarget[]): Promise<readonly Fitting[]>;
}

interface Fault {
  /** Limit in words that follow "takes", such as "at most 4.5 MB" or "no WebP". */
  readonly says: string;
  /** Factor for width and height that meets the limit. Above 0; 1 if the format is at fault. */
  readonly scale: number;
  readonly isFormat: boolean;
}

/** Finds the limits that an image exceeds. */
export function findFaults(
  { bytes, sniffed }: Pick<CheckedImage, "bytes" | "sniffed">,
  limits: ImageLimits,
): Fault[] {
  const { size, format } = sniffed;
  const faults: Fault[] = [];
  const fault = (says: string, scale: number, isFormat = false) =>
    faults.push({ says, scale, isFormat });
  if (!limits.formats.has(format)) {
    fault(`no ${nameFormat(format)}`, 1, true);
  }
  if (limits.bytes !== null && bytes > limits.bytes) {
    fault(`at most ${megabytes(limits.bytes)}`, MARGIN * Math.sqrt(limits.bytes / bytes));
  }
  if (size === null) return faults;
  const edge = Math.max(size.width, size.height);
  if (limits.edge !== null && edge > limits.edge) {
    fault(`at most ${limits.edge} pixels a side`, limits.edge / edge);
  }
  const pixels = size.width * size.height;
  if (limits.pixels !== null && pixels > limits.pixels) {
    fault(
      `at most ${(limits.pixels / 1e6).toFixed(1)} megapixels`,
      Math.sqrt(limits.pixels / pixels),
    );
  }
  return faults;
}

function isTooLargeToCopy({ sniffed: { size } }: CheckedImage): boolean {
  return size !== null && size.width * size.height > MAX_SOURCE_PIXELS;
}

/** Returns the longest side of a copy; null where its size is kept. */
function chooseEdge({ sniffed: { size } }: CheckedImage, scale: number): number | null {
  if (scale >= 1) return null;
  if (size === null) return MAX_COPY_EDGE;
  const edge = Math.floor(Math.max(size.width, size.height) * scale);
  return Math.min(MAX_COPY_EDGE, Math.max(1, edge));
}

function describeCopy({ source: { sniffed: { format, size } }, edge }: FitTarget): string {
  // Storage answers in WebP only if the request accepts it.
  const kind = format === "webp"
    ? "a JPEG, or a PNG if it has transparency,"
    : `a ${nameFormat(format)}`;
  if (edge === null) return `${kind} of the same size`;
  if (size === null) return `${kind} of at most ${edge} pixels a side`;
  return `${kind} of at most ${
    write(shrink(size, edge / Math.max(size.width, size.height)))
  } pixels`;
}

function advise({ sniffed }: CheckedImage, scale: number, isFormat: boolean): string {
  const format = isFormat ? "as PNG or JPEG" : null;
  if (scale >= 1) return format ?? "again";
  const size = sniffed.size === null
    ? `at ${Math.floor(100 * scale)} % of its width and height`
    : `with at most ${write(shrink(sniffed.size, scale))} pixels`;
  return format === null ? size : `${format} ${size}`;
}

function shrink({ width, height }: ImageSize, scale: number): ImageSize {
  return {
    width: Math.max(1, Math.floor(width * scale)),
    height: Math.max(1, Math.floor(height * scale)),
  };
}

function describe({ bytes, sniffed: { size, format } }: {
  readonly bytes: number;
  readonly sniffed: Pick<CheckedImage["sniffed"], "size" | "format">;
}): string {
  const pixels = size === null ? "" : ` of ${write(size)} pixels`;
  return `a ${nameFormat(format)}${pixels} and ${megabytes(bytes)}`;
}

function nameFormat(format: CheckedImage["sniffed"]["format"]): string {
  return format === "webp" ? "WebP" : format.toUpperCase();
}

function write({ width, height }: ImageSize): string {
  return `${width} x ${height}`;
}

/** Rounded down, so that a limit is not overstated. */
function megabytes(bytes: number): string {
  return `${(Math.floor(bytes / 1e5) / 10).toFixed(1)} MB`;
}

function joinNames(names: readonly string[]): string {
  return names.length <= 1
    ? names.join("")
    : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
