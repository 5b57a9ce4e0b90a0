import { isJsonObject, type JsonValue } from "../platform/json/json_value.ts";
import { writeJson } from "../platform/json/lossless_json.ts";
import type { FieldRule } from "./field_rules.ts";
import { areAmountsAlike, areDecimalsAlike } from "./read_amount.ts";
import { withoutFloatNoise, writeDecimal } from "./read_decimal.ts";
import { readText, type TextReading } from "./read_text.ts";

const NO_RULE: FieldRule = {};

/**
 * Tells whether a leaf has exactly the expected value: the same type and the same value. Null, `""`,
 * `[]` and `{}` are four different values; `1` and `1.0` are the same number. The field's tolerance
 * and the other values that its rule accepts apply.
 */
export function isSameStrictly(
  expected: JsonValue,
  actual: JsonValue,
  rule: FieldRule = NO_RULE,
): boolean {
  return matchesStrictly(expected, actual, rule) ||
    (rule.any?.some((accepted) => matchesStrictly(accepted, actual, rule)) ?? false);
}

/**
 * Tells whether a leaf's value means the same as the expected one in another format:
 * - texts that differ only in typography or case, see `fold_text.ts` and `read_measure.ts`;
 * - a number and a text that writes it, with or without a currency, see `read_amount.ts`;
 * - two such texts with the same currency or one without, if the schema says that the field is a
 *   number or one of them is written as only numbers are. `1.10` and `1.1` may be versions;
 * - numbers that agree in 15 significant digits, if they have more;
 * - two texts that write the same date, time of day, telephone number or IBAN;
 * - two empty values: null, blank text, and containers of only empty values.
 *
 * A field's `type` limits this to the type it names. If the rule accepts no other values (`any`), the
 * result does not depend on which of the two is expected. Booleans are never read from text.
 */
export function isSameRelaxed(
  expected: JsonValue,
  actual: JsonValue,
  rule: FieldRule = NO_RULE,
): boolean {
  return matchesRelaxed(expected, actual, rule) ||
    (rule.any?.some((accepted) => matchesRelaxed(accepted, actual, rule)) ?? false);
}

/**
 * Returns a key that is equal for leaves that are the same in relaxed comparison, so that they can be
 * found without comparing all pairs. The reverse does not hold: `$5` and `€5`, both the same as `5`,
 * have the key of `5`. A rule's tolerance and other accepted values are not part of the key.
 */
export function keyOfValue(value: JsonValue, rule: FieldRule = NO_RULE): string {
  if (isEmpty(value)) return "empty";
  if (typeof value === "string") return keyOfText(readText(value), rule);
  if (!isNumber(value)) return `other ${writeJson(value)}`;
  if (rule.type === "code") return `code ${codeOfNumber(value)}`;
  return `number ${steadyDecimal(value) ?? value}`;
}

/** Tells whether `value` is empty: null, blank text, or a container of only empty values. */
export function isEmpty(value: JsonValue): boolean {
  if (typeof value === "string") return isBlank(value);
  if (typeof value !== "object" || value === null) return value === null;
  return (Array.isArray(value) ? value : Object.values(value)).every(isEmpty);
}

function isBlank(text: string): boolean {
  return text === "" || (!/[!-~]/.test(text) && readText(text).folded === "");
}

function isEmptyObject(value: JsonValue): boolean {
  return isJsonObject(value) && Object.keys(value).length === 0;
}

function matchesStrictly(expected: JsonValue, actual: JsonValue, rule: FieldRule): boolean {
  if (expected === actual) return true;
  if (isNumber(expected) && isNumber(actual)) {
    return isWithinTolerance(expected, actual, rule);
  }
  if (Array.isArray(expected)) {
    return Array.isArray(actual) && expected.length === 0 && actual.length === 0;
  }
  return isEmptyObject(expected) && isEmptyObject(actual);
}

function matchesRelaxed(expected: JsonValue, actual: JsonValue, rule: FieldRule): boolean {
  if (matchesStrictly(expected, actual, rule)) return true;
  if (typeof expected === "string" && typeof actual === "string") {
    return areTextsAlike(readText(expected), readText(actual), rule);
  }
  if (isNumber(expected)) {
    if (typeof actual === "string") return isWrittenAs(expected, actual, rule);
    if (!isNumber(actual)) return false;
    const decimal = steadyDecimal(expected);
    return decimal !== null && decimal === steadyDecimal(actual);
  }
  if (typeof expected === "string" && isNumber(actual)) {
    return isWrittenAs(actual, expected, rule);
  }
  return isEmpty(expected) && isEmpty(actual);
}

function isNumber(value: JsonValue): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function isWithinTolerance(one: number | bigint, other: number | bigint, rule: FieldRule): boolean {
  const tolerance = toleranceOf(rule);
  // 10^21 is a double if it was written `1e21`, and a bigint if all its digits were written.
  if (tolerance === "0") {
    return typeof one !== typeof other && writeDecimal(one) === writeDecimal(other);
  }
  const [left, right] = [steadyDecimal(one), steadyDecimal(other)];
  return left !== null && right !== null && areDecimalsAlike(left, right, tolerance);
}

function toleranceOf({ tolerance }: FieldRule): string {
  return tolerance === undefined ? "0" : writeDecimal(tolerance) ?? "0";
}

function steadyDecimal(value: number | bigint): string | null {
  const decimal = writeDecimal(value);
  return decimal === null ? null : withoutFloatNoise(decimal);
}

function areTextsAlike(one: TextReading, other: TextReading, rule: FieldRule): boolean {
  const form = declaredForm(one, rule);
  if (form !== null) return form === declaredForm(other, rule);
  if (one.folded === other.folded) return true;
  if (!one.hasDigit || !other.hasDigit) return false;
  if (rule.type !== "date") {
    const [amount, otherAmount] = [one.amount, other.amount];
    if (amount !== null && otherAmount !== null) {
      const areNumbers = rule.type === "number" || rule.isNumber === true ||
        one.isEvidentlyAmount || other.isEvidentlyAmount;
      return areNumbers && areAmountsAlike(amount, otherAmount, toleranceOf(rule));
    }
    if (amount !== null || otherAmount !== null || rule.type === "number") return false;
    if (areMeasuresAlike(one, other)) return true;
    const code = one.code;
    if (code !== null && code === other.code) return true;
  }
  const date = one.dateBy(rule.format);
  return date !== null && date === other.dateBy(rule.format);
}

function areMeasuresAlike(one: TextReading, other: TextReading): boolean {
  if (!one.isEvidentlyMeasure && !other.isEvidentlyMeasure) return false;
  return one.measure?.unit === other.measure?.unit &&
    one.measure?.decimal === other.measure?.decimal;
}

/** Tells whether `text` writes `value`. Identical characters always do: `"1.234"` is the number 1.234. */
function isWrittenAs(value: number | bigint, text: string, rule: FieldRule): boolean {
  const reading = readText(text);
  if (rule.type === "code") return codeOfNumber(value) === reading.lettersAndDigits;
  if (rule.type !== undefined && rule.type !== "number") return false;
  const decimal = writeDecimal(value);
  if (decimal === null) return false;
  if (decimal === reading.folded) return true;
  const written = { decimal: withoutFloatNoise(decimal), currency: null };
  return reading.amount !== null && areAmountsAlike(written, reading.amount, toleranceOf(rule));
}

/** Returns the digits of a number that can be a code. One with a minus or a point gets another prefix. */
function codeOfNumber(value: number | bigint): string {
  const decimal = steadyDecimal(value) ?? String(value);
  return /^\d+$/.test(decimal) ? decimal : `number ${decimal}`;
}

/** Returns what alone counts of a text in a field whose type says so; null for other fields. */
function declaredForm(reading: TextReading, { type }: FieldRule): string | null {
  switch (type) {
    case "identifier":
      return `identifier ${reading.identifier}`;
    case "code":
      return `code ${reading.lettersAndDigits}`;
    case "text":
      return `text ${reading.folded}`;
    default:
      return null;
  }
}

function keyOfText(reading: TextReading, rule: FieldRule): string {
  const form = declaredForm(reading, rule);
  if (form !== null) return form;
  const { type, format } = rule;
  if (type !== "date") {
    const amount = reading.amountOfAnyCase;
    if (amount !== null) return `number ${amount.decimal}`;
    if (isPlainNumber(reading.folded)) return `number ${withoutFloatNoise(reading.folded)}`;
  }
  const code = type === undefined ? reading.code : null;
  if (code !== null) return `code ${code}`;
  const date = type === "number" ? null : reading.dateBy(format);
  if (date !== null) return `date ${date}`;
  const measure = type === undefined ? reading.measure : null;
  return measure === null ? `text ${reading.folded}` : `measure ${measure.decimal} ${measure.unit}`;
}

/** Tells whether JSON writes the number with exactly these characters. */
function isPlainNumber(text: string): boolean {
  return /^-?\d+\.\d+$/.test(text) && writeDecimal(Number(text)) === text;
}
