import { parse } from "csv-parse/sync";
import { z } from "zod";
import { RestError } from "./rest_error.ts";

/** Body of a request. */
export interface Payload {
  /** The JSON as it was sent, so that Postgres reads every digit. */
  readonly json: string;
  readonly isObject: boolean;
  /** Keys of the object, or of each object of the array. */
  readonly keys: readonly string[];
}

const objectSchema = z.record(z.string(), z.unknown());
const EMPTY: Payload = { json: "[]", isObject: false, keys: [] };

/**
 * Reads a body of JSON, CSV or a form.
 *
 * @param columns keys that count, from the parameter `columns`; others are ignored then.
 * @throws {RestError} `PGRST102` for a body that cannot be read.
 */
export function readPayload(
  body: string,
  contentType: string,
  columns: readonly string[] | undefined,
): Payload {
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/x-www-form-urlencoded") {
    const fields = Object.fromEntries(new URLSearchParams(body));
    return { json: JSON.stringify(fields), isObject: true, keys: Object.keys(fields) };
  }
  if (type === "text/csv") return readCsv(body);
  if (type !== "" && type !== "application/json" && !type.startsWith("application/vnd.pgrst")) {
    throw new RestError(400, "PGRST102", `Content-Type not acceptable: ${type}`);
  }
  return readJson(body, columns);
}

function readJson(json: string, columns: readonly string[] | undefined): Payload {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new RestError(400, "PGRST102", "Empty or invalid json");
  }
  if (columns !== undefined) return { json, isObject: !Array.isArray(value), keys: columns };
  if (!Array.isArray(value)) {
    const object = objectSchema.safeParse(value);
    // PostgREST takes any other value as an empty list.
    return object.success ? { json, isObject: true, keys: Object.keys(object.data) } : EMPTY;
  }
  const [first, ...others] = value.map((row) => objectSchema.safeParse(row));
  if (first === undefined) return EMPTY;
  const keys = new Set(Object.keys(first.data ?? {}));
  const isUniform = (row: typeof first) =>
    row.success && Object.keys(row.data).length === keys.size &&
    Object.keys(row.data).every((key) => keys.has(key));
  if (![first, ...others].every(isUniform)) {
    throw new RestError(400, "PGRST102", "All object keys must match");
  }
  return { json, isObject: false, keys: [...keys] };
}

function readCsv(body: string): Payload {
  try {
    const rows = z.array(z.record(z.string(), z.string())).parse(parse(body, { columns: true }));
    const nulled = rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([k, v]) => [k, v === "NULL" ? null : v]))
    );
    const keys = Object.keys(rows[0] ?? {});
    return { json: JSON.stringify(nulled), isObject: false, keys };
  } catch {
    throw new RestError(400, "PGRST102", "All lines must have same number of fields");
  }
}
