import { imageDimensionsFromData } from "image-dimensions";

/** Formats that a sample image may have. */
export type ImageFormat = "png" | "jpeg" | "webp";

/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** Format and size of an image, read from its first bytes. */
export interface SniffedImage {
  readonly format: ImageFormat;
  readonly mediaType: `image/${ImageFormat}`;
  /** Null if the bytes end before the size: in a JPEG it may follow the metadata. */
  readonly size: ImageSize | null;
}

/** Number of bytes to read for {@link sniffImage}: more than the metadata of most cameras. */
export const IMAGE_HEADER_BYTES = 65_536;

/**
 * Reads an image's format and size from its first bytes, whatever its name says. Returns null if it
 * is not a PNG, JPEG or WebP, or has no pixels.
 */
export function sniffImage(header: Uint8Array): SniffedImage | null {
  const format = sniffFormat(header);
  if (format === null) return null;
  const found = imageDimensionsFromData(header);
  const size = found === undefined ? null : { width: found.width, height: found.height };
  if (size !== null && (size.width === 0 || size.height === 0)) return null;
  return { format, mediaType: `image/${format}`, size };
}

function sniffFormat(header: Uint8Array): ImageFormat | null {
  if (startsWith(header, 0, "\x89PNG\r\n\x1a\n")) return "png";
  if (startsWith(header, 0, "\xff\xd8\xff")) return "jpeg";
  if (startsWith(header, 0, "RIFF") && startsWith(header, 8, "WEBP")) return "webp";
  return null;
}

function startsWith(bytes: Uint8Array, at: number, signature: string): boolean {
  return [...signature].every((character, index) => bytes[at + index] === character.charCodeAt(0));
}
