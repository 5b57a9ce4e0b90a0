import type { JsonObject, JsonValue } from "../../platform/json/json_value.ts";
import { writeJson } from "../../platform/json/lossless_json.ts";
import { resultSchema } from "./parse_own_json.ts";
import type { ParsedResult } from "./report_model.ts";
import { COLUMNS } from "./write_own_json.ts";

/** Name under which our exports keep the fields that a foreign format has no place for. */
export const OWN_FIELDS = "modelpick";

const schema = resultSchema.partial();

/** Reads the fields that our export has put into a foreign format; null if there are none. */
export function readOwnFields(value: unknown): Partial<ParsedResult> | null {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return null;
  const fields: Readonly<Record<string, unknown>> = parsed.data;
  return Object.fromEntries(
    COLUMNS.filter(([, column]) => fields[column] !== undefined)
      .map(([field, column]) => [field, fields[column]]),
  );
}

/** Reads the same fields from the text of a property. */
export function readOwnText(text: string | undefined): Partial<ParsedResult> | null {
  if (text === undefined) return null;
  try {
    return readOwnFields(JSON.parse(text));
  } catch {
    return null;
  }
}

/**
 * Returns the fields of a result that a foreign format loses; null if it loses none.
 *
 * @param read the result as it is read back from the foreign format.
 */
export function findLostFields(
  result: ParsedResult,
  read: ParsedResult | undefined,
): JsonObject | null {
  const lost = COLUMNS.filter(([field]) =>
    field !== "ordinal" && writeJson(result[field]) !== writeJson(read?.[field] ?? null)
  ).map(([field, column]): [string, JsonValue] => [column, result[field]]);
  return lost.length === 0 ? null : Object.fromEntries(lost);
}
