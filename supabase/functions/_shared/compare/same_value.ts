import type { JsonValue } from "../benchmark/json_value.ts";
import { readDateAs } from "./date_format.ts";
import type { FieldRule } from "./field_rules.ts";
import { type Amount, areAmountsAlike, areDecimalsAlike, readAmount } from "./read_amount.ts";
import { readDate } from "./read_date.ts";
import { writeDecimal } from "./read_decimal.ts";

const NO_RULE: FieldRule = {};

/**
 * Whether a leaf's value is exactly the expected one: the same type and the same value. Null, `""`,
 * `[]` and `{}` are four different things; `1` and `1.0` are one number. A field's tolerance counts.
 */
export function isSameStrictly(
  expected: JsonValue,
  actual: JsonValue,
  rule: FieldRule = NO_RULE,
): boolean {
  if (expected === actual) return true;
  if (typeof expected === "number" && typeof actual === "number") {
    return isWithinTolerance(expected, actual, rule);
  }
  if (Array.isArray(expected)) {
    return Array.isArray(actual) && expected.length === 0 && actual.length === 0;
  }
  return isEmptyObject(expected) && isEmptyObject(actual);
}

/**
 * Whether a leaf's value says what the expected one says, written otherwise:
 * - texts differing in case, surrounding white space or Unicode composition;
 * - a number and a text that writes it, or two such texts, with or without the same currency, see
 *   {@link readAmount};
 * - two texts that write one date, see {@link readDate};
 * - two empty values: null, blank text, and containers of nothing but empty values.
 *
 * A field's `type` limits this to what it names: an identifier or text is compared as text alone, so
 * that `007` and `7`, or `90417` as text and as number, are two. Symmetric. Truth values are never
 * read from text.
 */
export function isSameRelaxed(
  expected: JsonValue,
  actual: JsonValue,
  rule: FieldRule = NO_RULE,
): boolean {
  if (isSameStrictly(expected, actual, rule)) return true;
  if (typeof expected === "string" && typeof actual === "string") {
    return areTextsAlike(expected, actual, rule);
  }
  if (typeof expected === "number" && typeof actual === "string") {
    return isWrittenAs(expected, actual, rule);
  }
  if (typeof expected === "string" && typeof actual === "number") {
    return isWrittenAs(actual, expected, rule);
  }
  return isEmpty(expected) && isEmpty(actual);
}

/** Whether `value` holds nothing: null, blank text, or a container of nothing but such values. */
export function isEmpty(value: JsonValue): boolean {
  if (typeof value === "string") return value.trim() === "";
  if (typeof value !== "object" || value === null) return value === null;
  return (Array.isArray(value) ? value : Object.values(value)).every(isEmpty);
}

function isEmptyObject(value: JsonValue): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) &&
    Object.keys(value).length === 0;
}

function isWithinTolerance(one: number, other: number, rule: FieldRule): boolean {
  const tolerance = toleranceOf(rule);
  if (tolerance === "0") return false;
  const [left, right] = [writeDecimal(one), writeDecimal(other)];
  return left !== null && right !== null && areDecimalsAlike(left, right, tolerance);
}

function toleranceOf({ tolerance }: FieldRule): string {
  return tolerance === undefined ? "0" : writeDecimal(tolerance) ?? "0";
}

function areTextsAlike(one: string, other: string, rule: FieldRule): boolean {
  const [left, right] = [readText(one), readText(other)];
  if (left.folded === right.folded) return true;
  const { type } = rule;
  if (type === "text" || type === "identifier") return false;
  // Neither numbers nor dates are without a digit.
  if (!left.hasDigit || !right.hasDigit) return false;
  if (type !== "date") {
    const [amount, otherAmount] = [amountIn(left), amountIn(right)];
    if (amount !== null && otherAmount !== null) {
      return areAmountsAlike(amount, otherAmount, toleranceOf(rule));
    }
    if (amount !== null || otherAmount !== null || type === "number") return false;
  }
  const date = readDateBy(left, rule);
  return date !== null && date === readDateBy(right, rule);
}

/** What a text can be read as, read once: in search of the best pairs each is compared with many. */
interface Reading {
  readonly text: string;
  readonly folded: string;
  readonly hasDigit: boolean;
  amount?: Amount | null;
  date?: string | null;
}

const readings = new Map<string, Reading>();
const MOST_READINGS = 2_000;
const LONGEST_READING = 100;

function readText(text: string): Reading {
  const known = readings.get(text);
  if (known !== undefined) return known;
  const folded = withoutCase(text.trim()).normalize("NFC");
  const reading: Reading = { text, folded, hasDigit: /\d/.test(text) };
  if (text.length <= LONGEST_READING) {
    if (readings.size === MOST_READINGS) readings.clear();
    readings.set(text, reading);
  }
  return reading;
}

/** There and back: `straße` is `STRASSE` in capitals, and only by way of them do both come out alike. */
function withoutCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase();
}

function amountIn(reading: Reading): Amount | null {
  if (reading.amount === undefined) reading.amount = readAmount(reading.text);
  return reading.amount;
}

function readDateBy(reading: Reading, { format }: FieldRule): string | null {
  const declared = format === undefined ? null : readDateAs(reading.text, format);
  if (declared !== null) return declared;
  if (reading.date === undefined) reading.date = readDate(reading.text);
  return reading.date;
}

/** Identical characters are never a guess, so `"1.234"` is the number 1.234 though not read alone. */
function isWrittenAs(value: number, text: string, rule: FieldRule): boolean {
  if (rule.type !== undefined && rule.type !== "number") return false;
  const decimal = writeDecimal(value);
  if (decimal === null) return false;
  if (decimal === text.trim()) return true;
  const written: Amount = { decimal, currency: null };
  const amount = amountIn(readText(text));
  return amount !== null && areAmountsAlike(written, amount, toleranceOf(rule));
}
