import type { JsonValue } from "./json_value.ts";

declare global {
  interface JSON {
    /** Returns an object that `JSON.stringify` writes as `text`, a JSON scalar (ECMAScript 2026). */
    rawJSON(text: string): object;
  }
}

/** Sixteen digits that are not decimals: fewer hold no integer past 2^53. */
const LONG_INTEGER = /(?<![\d.])\d{16}/;
const INTEGER = /^(-?\d+)(?:\.0+)?$/;

/**
 * Parses JSON as `JSON.parse` does, but keeps every digit of an integer: one that a double would
 * write otherwise (past 2^53, most of them) becomes a `bigint`. All other numbers are doubles, so of
 * decimals the first 15 to 17 digits count, and `1e400` is infinite.
 *
 * @throws {SyntaxError} where `text` is no JSON.
 */
export function parseJson(text: string): JsonValue {
  // A reviver takes ten times as long.
  if (!LONG_INTEGER.test(text)) return JSON.parse(text);
  try {
    return JSON.parse(text, keepDigits);
  } catch (error) {
    // A reviver overflows the stack where plain parsing does not; no limit allows such nesting.
    if (error instanceof RangeError) return JSON.parse(text);
    throw error;
  }
}

function keepDigits(
  _key: string,
  value: JsonValue,
  context?: { readonly source?: string },
): JsonValue {
  if (typeof value !== "number" || Number.isSafeInteger(value) || !Number.isFinite(value)) {
    return value;
  }
  const [, digits] = INTEGER.exec(context?.source ?? "") ?? [];
  return digits === undefined || digits === String(value) ? value : BigInt(digits);
}

/** Writes JSON as `JSON.stringify` does, and a `bigint` with all its digits. */
export function writeJson(value: unknown, space?: number): string {
  try {
    // A replacer takes four times as long.
    return JSON.stringify(value, undefined, space);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return JSON.stringify(value, keepBigint, space);
  }
}

function keepBigint(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? JSON.rawJSON(String(value)) : value;
}
