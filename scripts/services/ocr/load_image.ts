import { Buffer } from "node:buffer";
import { sniffImage } from "../../../supabase/functions/_shared/models/image.ts";
import { readCapped } from "../../../supabase/functions/_shared/platform/http/read_capped.ts";
import { ApiError } from "./api_error.ts";

/** Size limits of an image. */
export interface ImageLimits {
  maxBytes: number;
  maxPixels: number;
}

const downloadSeconds = 15;

/**
 * Loads the file of an `image_url`, which is a data URL or an http(s) URL.
 *
 * @throws {ApiError} 400 if it cannot be loaded or is not a PNG, JPEG or WebP; 413 if it is too
 * large.
 */
export async function loadImage(
  url: string,
  limits: ImageLimits,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const file = url.startsWith("data:")
    ? decodeDataUrl(url, limits)
    : await download(url, limits, signal);
  const size = sniffImage(file)?.size ?? null;
  if (size === null) throw invalidImage("The image is not a PNG, JPEG or WebP file.");
  if (size.width * size.height > limits.maxPixels) {
    const pixels = `${size.width} × ${size.height} pixels`;
    throw invalidImage(`The image has ${pixels}; at most ${limits.maxPixels} can be read.`);
  }
  return file;
}

function decodeDataUrl(url: string, limits: ImageLimits): Uint8Array {
  const match = /^data:image\/[\w.+-]+;base64,/i.exec(url);
  if (match === null) throw invalidImage("A data URL must be base64 of an image.");
  const base64 = url.slice(match[0].length);
  if (base64.length * 0.75 > limits.maxBytes + 3) throw tooLarge(limits);
  if (!/^[A-Za-z\d+/_-]+={0,2}$/.test(base64)) throw invalidImage("The base64 is malformed.");
  return Uint8Array.from(Buffer.from(base64, "base64"));
}

async function download(
  url: string,
  limits: ImageLimits,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
    throw invalidImage("The image URL must be of http, https or data.");
  }
  const timeout = AbortSignal.timeout(downloadSeconds * 1000);
  let file: Uint8Array | null;
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, timeout]) });
    if (!response.ok) {
      await response.body?.cancel();
      throw invalidImage(`The image could not be downloaded: HTTP ${response.status}.`);
    }
    file = await readCapped(response.body, limits.maxBytes);
  } catch (error) {
    if (error instanceof ApiError || signal.aborted) throw error;
    throw invalidImage("The image could not be downloaded.", error);
  }
  if (file === null) throw tooLarge(limits);
  return file;
}

function invalidImage(message: string, cause?: unknown): ApiError {
  return new ApiError(400, "invalid_image_url", message, { param: "messages", cause });
}

function tooLarge(limits: ImageLimits): ApiError {
  const message = `An image may have ${limits.maxBytes} bytes.`;
  return new ApiError(413, "image_too_large", message, { param: "messages" });
}
