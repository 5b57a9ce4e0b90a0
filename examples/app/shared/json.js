/** Sixteen digits that are not decimals. */
const LONG_INTEGER = /(?<![\d.])\d{16}/;

/**
 * Parses JSON with all digits of its integers: one that a double would write otherwise becomes a
 * `bigint`. Browsers of before 2025 may not say how a number is written and give the double.
 *
 * @param {string} text
 */
export function parseJson(text) {
  return LONG_INTEGER.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

/**
 * @param {string} _key
 * @param {unknown} value
 * @param {{ source?: string }} [context]
 */
function keepDigits(_key, value, context) {
  if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? "";
  return /^-?\d+$/.test(source) && source !== String(value) ? BigInt(source) : value;
}

/**
 * Writes JSON as `JSON.stringify` does, and a `bigint` with all its digits.
 *
 * @param {unknown} value
 */
export function writeJson(value) {
  return JSON.stringify(
    value,
    (_key, member) => typeof member === "bigint" ? JSON.rawJSON(String(member)) : member,
  );
}
