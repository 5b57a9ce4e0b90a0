import type { JsonValue } from "../benchmark/json_value.ts";
import { readDate } from "./read_date.ts";
import { readDecimal, writeDecimal } from "./read_decimal.ts";

/**
 * Whether a leaf's value is exactly the expected one: the same type and the same value. Null, `""`,
 * `[]` and `{}` are four different things; `1` and `1.0` are one number.
 */
export function isSameStrictly(expected: JsonValue, actual: JsonValue): boolean {
  if (expected === actual) return true;
  if (Array.isArray(expected)) {
    return Array.isArray(actual) && expected.length === 0 && actual.length === 0;
  }
  return isEmptyObject(expected) && isEmptyObject(actual);
}

/**
 * Whether a leaf's value says what the expected one says, written otherwise:
 * - texts differing in case, surrounding white space or Unicode composition;
 * - a number and a text that writes it, see {@link readDecimal};
 * - two texts that write one date, see {@link readDate};
 * - two empty values: null, blank text, and containers of nothing but empty values.
 *
 * Symmetric. Truth values are never read from text.
 */
export function isSameRelaxed(expected: JsonValue, actual: JsonValue): boolean {
  if (expected === actual) return true;
  if (typeof expected === "string" && typeof actual === "string") {
    return areTextsAlike(expected, actual);
  }
  if (typeof expected === "number" && typeof actual === "string") {
    return isWrittenAs(expected, actual);
  }
  if (typeof expected === "string" && typeof actual === "number") {
    return isWrittenAs(actual, expected);
  }
  return isEmpty(expected) && isEmpty(actual);
}

/** Whether `value` holds nothing: null, blank text, or a container of nothing but such values. */
export function isEmpty(value: JsonValue): boolean {
  const pending = [value];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next === "string" ? next.trim() !== "" : typeof next !== "object") return false;
    if (Array.isArray(next)) {
      for (const element of next) pending.push(element);
    } else if (typeof next === "object" && next !== null) {
      for (const element of Object.values(next)) pending.push(element);
    }
  }
  return true;
}

function isEmptyObject(value: JsonValue): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.keys(value).length === 0;
}

function areTextsAlike(one: string, other: string): boolean {
  if (fold(one) === fold(other)) return true;
  const decimal = readDecimal(one);
  if (decimal !== null) return decimal === readDecimal(other);
  const date = readDate(one);
  return date !== null && date === readDate(other);
}

function fold(text: string): string {
  return text.trim().toLowerCase().normalize("NFC");
}

/** Identical characters are never a guess, so `"1.234"` is the number 1.234 though not read alone. */
function isWrittenAs(value: number, text: string): boolean {
  const decimal = writeDecimal(value);
  return decimal !== null && (decimal === text.trim() || decimal === readDecimal(text));
}
