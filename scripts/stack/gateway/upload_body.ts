import { Buffer } from "node:buffer";
import { copyRequest } from "./copy_request.ts";
import { storageError } from "./storage_errors.ts";

/** What hosted Storage takes as the key of an object, as it stands in a URL's path. */
const VALID_KEY = /^(?:[\w/!.*'()&$@=;:+,-]|%20|%3F)+$/i;

/**
 * Gives an upload the one form that `@supabase/lite` handles whole: plain bytes of known length.
 * A form, which storage-js sends for a Blob or File and whose file has no name, is unpacked.
 *
 * @param key as it stands in the URL's path.
 * @returns the request to pass on, or the refusal.
 */
export async function normalizeUpload(
  request: Request,
  key: string,
  limitBytes: number,
): Promise<Request | Response> {
  if (!VALID_KEY.test(key)) return storageError(400, "InvalidKey", `Invalid key: ${key}`);
  const bytes = await readUpTo(request, limitBytes);
  if (bytes === undefined) {
    return storageError(
      413,
      "Payload too large",
      "The object exceeded the maximum allowed size",
    );
  }
  const headers = new Headers(request.headers);
  const type = headers.get("Content-Type") ?? "";
  if (!/^multipart\/form-data/i.test(type)) return withBody(request, headers, bytes);

  const named = nameTheFile(bytes);
  const form = await new Response(named, { headers: { "Content-Type": type } }).formData();
  const file = [...form.values()].find((value) => value instanceof File);
  if (file === undefined) return storageError(400, "InvalidRequest", "No file in the form");
  const cacheControl = form.get("cacheControl");
  if (typeof cacheControl === "string") headers.set("Cache-Control", `max-age=${cacheControl}`);
  headers.set("Content-Type", file.type || "application/octet-stream");
  return withBody(request, headers, await file.bytes());
}

/** A part without a name is dropped by `formData()`. */
function nameTheFile(form: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const nameless = 'form-data; name=""';
  const at = Buffer.from(form.buffer).indexOf(nameless);
  if (at < 0) return form;
  const quote = at + nameless.length - 1;
  const name = new TextEncoder().encode("file");
  const named = new Uint8Array(form.length + name.length);
  named.set(form.subarray(0, quote));
  named.set(name, quote);
  named.set(form.subarray(quote), quote + name.length);
  return named;
}

function withBody(request: Request, headers: Headers, body: Uint8Array<ArrayBuffer>): Request {
  headers.set("Content-Length", String(body.byteLength));
  return copyRequest(request, { headers, body });
}

async function readUpTo(
  request: Request,
  limit: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: BlobPart[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit + FORM_OVERHEAD_BYTES) return undefined;
    chunks.push(chunk);
  }
  return await new Blob(chunks).bytes();
}

/** Room for the form around a file; the file itself is held to the limit afterwards. */
const FORM_OVERHEAD_BYTES = 64 * 1024;
