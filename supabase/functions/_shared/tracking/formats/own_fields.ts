import type { JsonObject } from "../../platform/json/json_value.ts";
import { writeJson } from "../../platform/json/lossless_json.ts";
import { COLUMNS, type ParsedResult, resultSchema } from "./report_model.ts";

/** Name under which our exports keep the fields that a foreign format has no place for. */
export const OWN_FIELDS = "modelpick";

const schema = resultSchema.partial();

/** Reads the fields that our export has put into a foreign format; null if there are none. */
export function readOwnFields(value: unknown): Partial<ParsedResult> | null {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data as Partial<ParsedResult> : null;
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
  const lost = COLUMNS.filter((column) =>
    column !== "ordinal" && writeJson(result[column]) !== writeJson(read?.[column] ?? null)
  ).map((column) => [column, result[column]] as const);
  return lost.length === 0 ? null : Object.fromEntries(lost);
}
