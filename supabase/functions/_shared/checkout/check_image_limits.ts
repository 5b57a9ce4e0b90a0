import type { ImageSize, SniffedImage } from "../benchmark/image.ts";
import type { FieldError } from "../http/field_error.ts";
import { type ImageLimits, imageLimitsOf } from "../models/image_limits.ts";
import type { CatalogueModel } from "./ports.ts";

/** An image that was found and understood. */
export interface CheckedImage {
  readonly path: string;
  readonly bytes: number;
  readonly sniffed: SniffedImage;
}

/** A file shrinks a little less than its pixels. */
const MARGIN = 0.9;

/**
 * Finds images that a chosen model does not take, each with the models and with what to upload instead:
 * one image that all of them take, since all are to read the same.
 *
 * @param images by their index; null for those that another check refuses.
 */
export function checkImageLimits(
  images: readonly (CheckedImage | null)[],
  models: readonly CatalogueModel[],
): FieldError[] {
  const limited = models.map(({ id, name, base_url_key }) => ({
    name,
    limits: imageLimitsOf({ provider: base_url_key, model: id }),
  }));
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
    const file = image.path.slice(image.path.lastIndexOf("/") + 1);
    return [{
      path: `images.${index}.path`,
      code: "model_limit",
      message: `${file} is ${describe(image)}; ${reasons.join("; ")}. ` +
        `Upload it ${advise(image, scale, faults.some(({ isFormat }) => isFormat))}, ` +
        "so that all models read the same image.",
    }];
  });
}

interface Fault {
  /** Limit in words that follow "takes", such as "at most 4.5 MB" or "no WebP". */
  readonly says: string;
  /** Factor for width and height that meets the limit. Above 0; 1 if the format is at fault. */
  readonly scale: number;
  readonly isFormat: boolean;
}

function findFaults({ bytes, sniffed }: CheckedImage, limits: ImageLimits): Fault[] {
  const { size, format } = sniffed;
  const faults: Fault[] = [];
  const fault = (says: string, scale: number, isFormat = false) =>
    faults.push({ says, scale, isFormat });
  if (!limits.formats.has(format)) {
    fault(`no ${format === "webp" ? "WebP" : format.toUpperCase()}`, 1, true);
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

function describe({ bytes, sniffed: { size, format } }: CheckedImage): string {
  const pixels = size === null ? "" : ` of ${write(size)} pixels`;
  return `a ${format === "webp" ? "WebP" : format.toUpperCase()}${pixels} and ${megabytes(bytes)}`;
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
