import type { z } from "zod";
import { parseJson } from "../json/lossless_json.ts";
import { fieldErrorsOf } from "./field_error.ts";
import { invalid, malformed, tooLarge, unsupportedMediaType } from "./problem.ts";
import { readCapped } from "./read_capped.ts";

/**
 * Reads the whole body, giving up as soon as it is known to be longer than `maxBytes`, whatever
 * `Content-Length` says.
 *
 * @throws {Problem} `request.too_large`, or `request.malformed` when the connection breaks.
 */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) {
    await request.body?.cancel();
    throw tooLarge(maxBytes);
  }
  const bytes = await readCapped(request.body, maxBytes).catch((cause: unknown) => {
    throw malformed("The body ended early.", cause);
  });
  if (bytes === null) throw tooLarge(maxBytes);
  return bytes;
}

/**
 * Reads the body as UTF-8.
 *
 * @throws {Problem} as {@link readBytes}, and `request.malformed` when it is no UTF-8.
 */
export async function readText(request: Request, maxBytes: number): Promise<string> {
  const bytes = await readBytes(request, maxBytes);
  try {
    // The mark is kept: a signature covers every byte.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw malformed("The body is not UTF-8.", cause);
  }
}

/**
 * Reads the body as JSON in the shape of `schema`.
 *
 * @throws {Problem} `request.unsupported_media_type`, `request.too_large`, `request.malformed`, and
 * `request.invalid` naming each field that does not fit.
 */
export async function readJson<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
  maxBytes: number,
): Promise<z.output<Schema>> {
  const mediaType = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/json") {
    await request.body?.cancel();
    throw unsupportedMediaType("application/json");
  }
  const text = await readText(request, maxBytes);
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw malformed("The body is not JSON.", cause);
  }
  const parsed = await schema.safeParseAsync(value);
  if (!parsed.success) throw invalid(fieldErrorsOf(parsed.error));
  return parsed.data;
}
