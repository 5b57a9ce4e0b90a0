import { Buffer } from "node:buffer";
import { BodyError, holdBody } from "./request_body.ts";
import { storageError } from "./storage_errors.ts";

/** Pattern of the object keys that hosted Storage accepts in a URL's path. */
const VALID_KEY = /^(?:[\w/!.*'()&$@=;:+,-]|%20|%3F)+$/i;

/**
 * Converts an upload to plain bytes of known length, the only form that `@supabase/lite` handles
 * correctly. Extracts the file from a multipart form, which storage-js sends for a Blob or File
 * without a file name.
 *
 * @param key object key as in the URL's path.
 * @returns the request to pass on, or an error response.
 */
export async function normalizeUpload(
  request: Request,
  key: string,
  limitBytes: number,
): Promise<Request | Response> {
  if (!VALID_KEY.test(key)) return storageError(400, "InvalidKey", `Invalid key: ${key}`);
  const held = await holdBody(request, limitBytes + FORM_OVERHEAD_BYTES).catch((error) => {
    if (error instanceof BodyError && error.status === 413) return undefined;
    throw error;
  });
  if (held === undefined) {
    const message = "The object exceeded the maximum allowed size";
    return storageError(413, "Payload too large", message);
  }
  const bytes = await held.bytes();
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

/** Adds a file name to the form's nameless part, because `formData()` drops nameless parts. */
function nameTheFile(form: Uint8Array<ArrayBuffer>): Buffer<ArrayBuffer> {
  const text = Buffer.from(form.buffer).toString("latin1");
  return Buffer.from(text.replace('form-data; name=""', 'form-data; name="file"'), "latin1");
}

function withBody(request: Request, headers: Headers, body: Uint8Array<ArrayBuffer>): Request {
  headers.set("Content-Length", String(body.byteLength));
  return new Request(request, { headers, body });
}

/** Extra bytes for the form around a file. The file itself is checked later. */
const FORM_OVERHEAD_BYTES = 64 * 1024;
