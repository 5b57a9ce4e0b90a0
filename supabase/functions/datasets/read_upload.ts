import { z } from "zod";
import { MAX_DEPTH } from "../_shared/datasets/limits.ts";
import { type Delimiter, DELIMITERS } from "../_shared/datasets/read_csv.ts";
import { type Format, FORMATS } from "../_shared/datasets/read_rows.ts";
import { fieldErrorsOf } from "../_shared/platform/http/field_error.ts";
import { invalid, tooLarge, unsupportedMediaType } from "../_shared/platform/http/problem.ts";
import { listParameters } from "../_shared/platform/http/read_query.ts";
import type { UserContext } from "../_shared/platform/http/serve_users.ts";
import { jsonObjectWithin } from "../_shared/platform/json/json_value.ts";
import { writeJson } from "../_shared/platform/json/lossless_json.ts";
import { readForm } from "./read_form.ts";

/** An uploaded file. Its body is a stream. */
export interface UploadRequest {
  /** Account that gets the dataset. */
  readonly ownerId: string;
  readonly name: string;
  readonly format: Format;
  readonly delimiter: Delimiter | null;
  readonly body: ReadableStream<Uint8Array>;
}

/** Limit for JSON bodies, which are held in memory several times. */
const MAX_JSON_BYTES = 8 * 1024 * 1024;

/** Bytes of a form besides its file. */
const FORM_BYTES = 64 * 1024;

const FORMAT_OF_TYPE: Readonly<Record<string, Format>> = {
  "text/csv": "csv",
  "application/csv": "csv",
  "text/tab-separated-values": "tsv",
  "application/json": "json",
  "application/jsonl": "jsonl",
  "application/x-ndjson": "jsonl",
  "application/ndjson": "jsonl",
};

const FORMAT_OF_EXTENSION: Readonly<Record<string, Format>> = {
  csv: "csv",
  tsv: "tsv",
  tab: "tsv",
  json: "json",
  jsonl: "jsonl",
  ndjson: "jsonl",
};

const fields = {
  name: z.string().trim().min(1).max(200)
    .refine((name) => !/\p{Cc}/u.test(name), "No control characters."),
  format: z.enum(FORMATS).optional(),
  delimiter: z.union([
    z.enum(DELIMITERS),
    z.literal("tab").transform((): Delimiter => "\t"),
  ]).optional(),
};
/** Limits of rows: those of the body. */
const ROW_LIMITS = { depth: MAX_DEPTH, nodes: MAX_JSON_BYTES, characters: MAX_JSON_BYTES };
const fieldsSchema = z.strictObject(fields);
const jsonSchema = z.strictObject({
  ...fields,
  content: z.string().optional(),
  rows: z.array(jsonObjectWithin(ROW_LIMITS)).optional(),
});

/**
 * Reads an upload, which may be sent as:
 *
 * - the body itself, with `?name=…&format=…&delimiter=…`; best for large files;
 * - `multipart/form-data` with `name`, `format`, `delimiter` and then `file`;
 * - JSON of up to 8 MB: `{name, format, content}` with the file as text, or `{name, rows}` with an
 *   array of objects, whose decimals are rounded to JavaScript's.
 *
 * `account_id` is a query parameter, or a field of JSON.
 *
 * `format` is `csv`, `tsv`, `json` or `jsonl`; the default follows from the file's name or the media
 * type. `delimiter` is `,` (default), `;`, `|`, `tab` or `auto`, and is allowed only for `csv`.
 *
 * @throws {Problem} `request.invalid`, `request.malformed`, `request.too_large`,
 * `request.unsupported_media_type`
 */
export async function readUpload(
  { request, caller, readBody }: Pick<UserContext, "request" | "caller" | "readBody">,
  maxFileBytes: number,
): Promise<UploadRequest> {
  const parameters = listParameters(request);
  const contentType = request.headers.get("content-type") ?? "";
  const mediaType = typeOf(contentType);
  if (Number(request.headers.get("content-length") ?? 0) > maxFileBytes + FORM_BYTES) {
    throw tooLarge(maxFileBytes);
  }
  if (mediaType === "multipart/form-data") {
    const { fields, file } = await readForm(request.body, contentType);
    try {
      const upload = describe(fields, file.body, [typeOf(file.contentType)], file.name);
      return { ...upload, ownerId: caller.accountId };
    } catch (error) {
      await file.body.cancel();
      throw error;
    }
  }
  if (Object.keys(parameters).length === 0 && mediaType === "application/json") {
    const read = await readBody(request, jsonSchema, MAX_JSON_BYTES);
    const { content, rows, ...fields } = read.body;
    if ((content === undefined) === (rows === undefined)) {
      throw invalid([{
        path: "content",
        code: "invalid",
        message: "Send either content or rows.",
      }]);
    }
    if (rows !== undefined && (fields.format ?? "json") !== "json") {
      throw invalid([{ path: "format", code: "invalid", message: "Rows have the format json." }]);
    }
    const text = content ?? writeJson(rows);
    const upload = describe(
      fields,
      new Blob([text]).stream(),
      rows === undefined ? [] : [mediaType],
    );
    return { ...upload, ownerId: read.caller.accountId };
  }
  const isKnown = mediaType in FORMAT_OF_TYPE;
  const isPlain = ["", "text/plain", "application/octet-stream"].includes(mediaType);
  if (!isKnown && !isPlain) {
    throw unsupportedMediaType([...Object.keys(FORMAT_OF_TYPE), "multipart/form-data"].join(", "));
  }
  const body = request.body ?? new Blob([]).stream();
  return { ...describe(parameters, body, [mediaType]), ownerId: caller.accountId };
}

function describe(
  given: Readonly<Record<string, unknown>>,
  body: ReadableStream<Uint8Array>,
  mediaTypes: readonly string[],
  fileName = "",
): Omit<UploadRequest, "ownerId"> {
  const parsed = fieldsSchema.safeParse(given);
  if (!parsed.success) throw invalid(fieldErrorsOf(parsed.error));
  const { name, delimiter } = parsed.data;
  const extension = /\.([^.]+)$/.exec(fileName)?.[1]?.toLowerCase() ?? "";
  const format = parsed.data.format ?? FORMAT_OF_EXTENSION[extension] ??
    mediaTypes.map((type) => FORMAT_OF_TYPE[type]).find((known) => known !== undefined);
  if (format === undefined) {
    throw invalid([{
      path: "format",
      code: "required",
      message: `Send one of ${
        FORMATS.join(", ")
      }: it does not follow from media type or file name.`,
    }]);
  }
  if (format !== "csv" && delimiter !== undefined) {
    throw invalid([{
      path: "delimiter",
      code: "invalid",
      message: "Only csv has a delimiter to choose.",
    }]);
  }
  return { name, format, delimiter: format === "csv" ? delimiter ?? "," : null, body };
}

function typeOf(contentType: string): string {
  return contentType.split(";")[0]?.trim().toLowerCase() ?? "";
}
