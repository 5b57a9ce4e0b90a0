import type { ImageSize } from "../../models/image.ts";
import { type ImageLimits, imageLimitsOf, strictestOf } from "../../models/image_limits.ts";
import type { FieldError } from "../../platform/http/field_error.ts";
import type { CheckedImage, FitTarget, FittedCopy } from "./fitted_copy.ts";
import type { CatalogueModel } from "./model_catalogue.ts";

/** A file shrinks a little less than its pixels. */
const MARGIN = 0.9;

/** Documented limits of Storage's image transformations: pixels a side of a copy, pixels of a source. */
const MAX_COPY_EDGE = 2_500;
const MAX_SOURCE_PIXELS = 50_000_000;

/** An image that a chosen model does not take. */
export interface Misfit {
  /** Place among the images, from 0. */
  readonly index: number;
  /** Names the models and what to upload instead. */
  readonly error: FieldError;
  /** Copy that all chosen models would take; null if Storage cannot make one. */
  readonly target: FitTarget | null;
}

/**
 * Finds images that a chosen model does not take, each with the models, with what to upload instead
 * and with the copy to make instead: one that all of them take, since all are to read the same.
 *
 * @param images by their index; null for those that another check refuses.
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

/** Returns the refusal of an image, with the copy that `fit_images` would replace it by. */
export function offerCopy({ error, target }: Misfit): FieldError {
  const offer = target === null
    ? "A copy cannot be made: the image has more than 50 megapixels."
    : `Or send "fit_images": true, and all models read the same copy of it: ${
      describeCopy(target)
    }.`;
  return { ...error, message: `${error.message} ${offer}` };
}

/** Returns the refusal of an image of which no copy could be made. */
export function refuseCopy({ error }: Misfit, reason: string): FieldError {
  return { ...error, message: `${error.message} A copy could not be made: ${reason}.` };
}

/** Returns the note on an image that a copy replaces. */
export function describeReplacement(
  { error, target }: Misfit,
  { format, bytes, size }: FittedCopy,
): FieldError {
  const file = target === null ? "the image" : nameFile(target.source);
  return {
    path: error.path,
    code: "image_fitted",
    message: `All models read the same copy of ${file}: ` +
      `${describe({ bytes, sniffed: { format, size } })}.`,
  };
}

interface Fault {
  /** Limit in words that follow "takes", such as "at most 4.5 MB" or "no WebP". */
  readonly says: string;
  /** Factor for width and height that meets the limit. Above 0; 1 if the format is at fault. */
  readonly scale: number;
  readonly isFormat: boolean;
}

/** Finds the limits that an image does not keep to. */
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
  // Storage never answers in WebP unless it is asked for.
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

function nameFile({ path }: CheckedImage): string {
  return path.slice(path.lastIndexOf("/") + 1);
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
