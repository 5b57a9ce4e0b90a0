import type { z } from "zod";
import { isJsonDeeperThan } from "../json/json_depth.ts";
import { parseJson } from "../json/lossless_json.ts";
import { fieldErrorsOf } from "./field_error.ts";
import { invalid, malformed, Problem, tooLarge, unsupportedMediaType } from "./problem.ts";
import { joinParts, readPartsCapped } from "./read_capped.ts";

/** Deepest JSON of a body. Deeper, recursive code would overflow its stack; no field allows as much. */
const MAX_JSON_DEPTH = 250;

/**
 * Reads the whole body, giving up as soon as it is known to be longer than `maxBytes`, whatever
 * `Content-Length` says.
 *
 * @throws {Problem} `request.too_large`, or `request.malformed` when the connection breaks.
 */
export async function readBytes(request: Request, maxBytes: number): Promise<Uint8Array> {
  return joinParts(await readParts(request, maxBytes));
}

/**
 * Reads the whole body like {@link readBytes}, as the parts in which it came: a large body is not copied.
 *
 * @param see gets each part as it comes.
 */
export async function readParts(
  request: Request,
  maxBytes: number,
  see: (part: Uint8Array) => void = () => {},
): Promise<Uint8Array[]> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) {
    await request.body?.cancel();
    throw tooLarge(maxBytes);
  }
  const parts = await readPartsCapped(request.body, maxBytes, see).catch((cause: unknown) => {
    throw cause instanceof Problem ? cause : malformed("The body ended early.", cause);
  });
  if (parts === null) throw tooLarge(maxBytes);
  return parts;
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
  return await checkShape(await parseBody(request, maxBytes), schema);
}

/**
 * Reads the body as JSON of any shape.
 *
 * @throws {Problem} as {@link readJson}, but for `request.invalid`.
 */
export async function parseBody(request: Request, maxBytes: number): Promise<unknown> {
  const mediaType = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (mediaType !== "application/json") {
    await request.body?.cancel();
    throw unsupportedMediaType("application/json");
  }
  const text = await readText(request, maxBytes);
  if (isJsonDeeperThan(text, MAX_JSON_DEPTH)) {
    throw malformed(`The JSON is nested deeper than ${MAX_JSON_DEPTH} levels.`);
  }
  try {
    return parseJson(text);
  } catch (cause) {
    throw malformed("The body is not JSON.", cause);
  }
}

/**
 * Returns a value as its schema reads it.
 *
 * @throws {Problem} `request.invalid` naming each field that does not fit.
 */
export async function checkShape<Schema extends z.ZodType>(
  value: unknown,
  schema: Schema,
): Promise<z.output<Schema>> {
  const parsed = await schema.safeParseAsync(value);
  if (!parsed.success) throw invalid(fieldErrorsOf(parsed.error));
  return parsed.data;
}
