import { imageDimensionsFromData } from "image-dimensions";

/** The formats a sample image may have. */
export type ImageFormat = "png" | "jpeg" | "webp";

/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number;
  readonly height: number;
}

/** What the first bytes of an image say. */
export interface SniffedImage {
  readonly format: ImageFormat;
  readonly mediaType: `image/${ImageFormat}`;
  /** Null where the bytes given end before they say it: a JPEG's size may follow its metadata. */
  readonly size: ImageSize | null;
}

/** How many bytes to read for {@link sniffImage}: past the metadata of most cameras. */
export const IMAGE_HEADER_BYTES = 65_536;

/**
 * Reads an image's format and size from its first bytes, whatever its name claims; null where it is
 * no PNG, JPEG or WebP, or says that it has no pixels.
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
