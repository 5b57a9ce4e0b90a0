import type { ImageFormat } from "./image.ts";
import type { ModelName } from "./model_name.ts";
import { type Vendor, vendorOf } from "./vendor.ts";

/** Largest image that a model takes. A limit is null if none is known. */
export interface ImageLimits {
  /** Size of the file in bytes. */
  readonly bytes: number | null;
  /** Pixels of the longer side. */
  readonly edge: number | null;
  /** Width times height. */
  readonly pixels: number | null;
  readonly formats: ReadonlySet<ImageFormat>;
}

const MIB = 1024 * 1024;
const ANY: ImageLimits = {
  bytes: null,
  edge: null,
  pixels: null,
  formats: new Set<ImageFormat>(["png", "jpeg", "webp"]),
};

/** Returns the bytes of a file whose base64 has this many: base64 is a third longer. */
function inBase64(bytes: number): number {
  return Math.floor(bytes / 4) * 3;
}

/** Limits from the vendors' guides to images, as of November 2026. */
const BY_VENDOR: Readonly<Record<Vendor, ImageLimits>> = {
  // 50 MB for the whole request.
  openai: { ...ANY, bytes: inBase64(48 * MIB) },
  anthropic: { ...ANY, bytes: inBase64(5 * MIB), edge: 8_000 },
  // 20 MB for the whole request.
  google: { ...ANY, bytes: inBase64(19 * MIB) },
  mistral: { ...ANY, bytes: 10 * MIB },
  xai: { ...ANY, bytes: 20 * MIB, formats: new Set<ImageFormat>(["png", "jpeg"]) },
  other: ANY,
};

/** Returns the image limits of a model, by its endpoint and vendor. */
export function imageLimitsOf({ provider, model }: ModelName): ImageLimits {
  if (provider === "groq") return { ...ANY, bytes: 20 * MIB, pixels: 33_177_600 };
  return BY_VENDOR[vendorOf(model)];
}

/** Returns the limits that all of the given ones allow. */
export function strictestOf(all: readonly ImageLimits[]): ImageLimits {
  return all.reduce((strictest, limits) => ({
    bytes: lower(strictest.bytes, limits.bytes),
    edge: lower(strictest.edge, limits.edge),
    pixels: lower(strictest.pixels, limits.pixels),
    formats: strictest.formats.intersection(limits.formats),
  }), ANY);
}

function lower(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}
