/** Integer of at least sixteen digits, which a double may not hold. */
const LONG_INTEGER = /(?<![\d.])\d{16}/;

/**
 * Parses JSON without losing digits of integers: one that a double cannot hold becomes a `bigint`. In
 * browsers from before 2025 it may stay a double.
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
 * Writes JSON like `JSON.stringify`, with all digits of a `bigint`.
 *
 * @param {unknown} value
 * @param {number} [indent] spaces of each level; 0 writes one line
 */
export function writeJson(value, indent = 0) {
  return JSON.stringify(
    value,
    (_key, member) => typeof member === "bigint" ? JSON.rawJSON(String(member)) : member,
    indent,
  );
}
