import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { sniffImage } from "../../../supabase/functions/_shared/models/image.ts";
import { RefusedRequest } from "./failures.ts";

/** Names of an image, most specific first: path suffixes of its URL, then its digest. */
export type ImageKeys = readonly string[];

/**
 * Inspects an image as a provider would: decodes a `data:` URL, downloads any other URL.
 *
 * If `download` is false, an ordinary URL is recognised by its path and nothing is downloaded.
 *
 * @throws {RefusedRequest} 400 if it cannot be downloaded or is not a PNG, JPEG or WebP.
 */
export async function inspectImage(
  url: string,
  download: boolean,
  signal: AbortSignal,
): Promise<ImageKeys> {
  if (url.startsWith("data:")) {
    const [head] = /^data:image\/(?:png|jpe?g|webp);base64,/.exec(url) ?? [];
    if (head === undefined) throw refused("Invalid image data URL");
    return [digest(checked(Buffer.from(url.slice(head.length), "base64")))];
  }
  const keys = pathKeys(url);
  return download ? [...keys, digest(await downloadImage(url, signal))] : keys;
}

async function downloadImage(url: string, signal: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(url, { signal }).catch(() => {
    throw refused(`Unable to fetch image from URL: ${url}`);
  });
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (response.ok) return checked(bytes);
  throw refused(`Received ${response.status} status code when fetching image from URL: ${url}`);
}

function checked(bytes: Uint8Array): Uint8Array {
  if (sniffImage(bytes) === null) throw refused("Unsupported image format");
  return bytes;
}

/** Returns every suffix of the path, longest first: `owner/a.png` before `a.png`. */
function pathKeys(url: string): string[] {
  if (!URL.canParse(url)) throw refused(`Invalid image URL: ${url}`);
  const segments = decodeURIComponent(new URL(url).pathname).split("/").filter(Boolean);
  return segments.map((_, index) => segments.slice(index).join("/"));
}

function refused(message: string): RefusedRequest {
  return new RefusedRequest({ status: 400, message });
}

export function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
