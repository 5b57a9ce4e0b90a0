import type { JsonObject, JsonValue } from "../platform/json/json_value.ts";
import { writeJson } from "../platform/json/lossless_json.ts";
import { resultSchema } from "./read_json_report.ts";
import type { ParsedResult } from "./report_model.ts";
import { COLUMNS } from "./write_json_report.ts";

/** Under this name stands in foreign formats what they have no place for. */
export const OWN_FIELDS = "modelpick";

const schema = resultSchema.partial();

/** Fields of ours that our export put into a foreign format; null where there are none. */
export function readOwnFields(value: unknown): Partial<ParsedResult> | null {
  const parsed = schema.safeParse(value);
  if (!parsed.success) return null;
  const fields: Readonly<Record<string, unknown>> = parsed.data;
  return Object.fromEntries(
    COLUMNS.filter(([, column]) => fields[column] !== undefined)
      .map(([field, column]) => [field, fields[column]]),
  );
}

/** The same, as the text of a property. */
export function readOwnText(text: string | undefined): Partial<ParsedResult> | null {
  if (text === undefined) return null;
  try {
    return readOwnFields(JSON.parse(text));
  } catch {
    return null;
  }
}

/** What of a result is lost where `read` is what a foreign format says of it; null: nothing. */
export function findLostFields(
  result: ParsedResult,
  read: ParsedResult | undefined,
): JsonObject | null {
  const lost = COLUMNS.filter(([field]) =>
    field !== "ordinal" && writeJson(result[field]) !== writeJson(read?.[field] ?? null)
  ).map(([field, column]): [string, JsonValue] => [column, result[field]]);
  return lost.length === 0 ? null : Object.fromEntries(lost);
}
