// Groups of three with the same mark between them, then optionally another mark as decimal mark. The
// marks are those of CLDR's number formats.
const GROUPED = /^[1-9]\d{0,2}([,. '’\u00a0\u202f])\d{3}(?:\1\d{3})*(?:([.,])(\d+))?$/;
const GROUPED_INDIAN = /^[1-9]\d?(?:,\d\d)+,\d{3}(?:\.(\d+))?$/;
const PLAIN = /^(0|[1-9]\d*)?(?:([.,])(\d+))?$/;
const LONGEST_NUMBER = 60;

/**
 * Reads a number into a canonical decimal such as `-1234.5`, without grouping and trailing zeros; null
 * if the text is no number or is ambiguous.
 *
 * Read are plain numbers (`12.50`, `.5`), decimal commas (`12,5`, `0,250`) and grouping by comma,
 * dot, space or apostrophe (`1,234.56`, `1.234,56`, `1 234`, `1'234`, `12,34,567`).
 *
 * Not read, and therefore compared as text:
 * - a leading zero before another digit (`007`, `00.5`): an identifier, not a quantity;
 * - one dot and exactly three digits after it (`1.234`), which is 1.234 to some writers and 1234 to
 *   others. `1,234` is read as 1234, because the decimal mark of JSON is the dot;
 * - signs other than a leading minus, exponents, currencies, units.
 *
 * @example `readDecimal("1.234,50")` is `"1234.5"`, `readDecimal("1.234")` is `null`.
 */
export function readDecimal(text: string): string | null {
  if (text.length > LONGEST_NUMBER) return null;
  const trimmed = text.trim();
  const negative = trimmed.startsWith("-") || trimmed.startsWith("−");
  const digits = negative ? trimmed.slice(1) : trimmed;
  if (!/\d$/.test(digits)) return null;

  const grouped = GROUPED.exec(digits);
  if (grouped !== null) {
    const [, groupMark, decimalMark, fraction = ""] = grouped;
    if (groupMark === decimalMark) return null;
    const whole = decimalMark === undefined ? digits : digits.slice(0, -fraction.length - 1);
    const groups = whole.replace(/\D/g, "");
    if (groupMark === "." && groups.length <= 6 && decimalMark === undefined) return null;
    return canonicalDecimal(negative, groups, fraction);
  }
  const indian = GROUPED_INDIAN.exec(digits);
  if (indian !== null) {
    const [whole = ""] = digits.split(".");
    return canonicalDecimal(negative, whole.replaceAll(",", ""), indian[1] ?? "");
  }
  const plain = PLAIN.exec(digits);
  if (plain === null) return null;
  const [, whole, mark, fraction = ""] = plain;
  if (whole === undefined && mark !== ".") return null;
  return canonicalDecimal(negative, whole ?? "0", fraction);
}

/**
 * Writes a JSON number as a canonical decimal like that of {@link readDecimal}; null if it is so small
 * that it needs an exponent. The number was read losslessly, so its digits are those in the JSON.
 */
export function writeDecimal(value: number | bigint): string | null {
  const written = String(value);
  const [, sign = "", whole = "", fraction = "", exponent] =
    /^(-?)(\d)(?:\.(\d+))?e\+(\d+)$/.exec(written) ?? [];
  if (exponent !== undefined) return sign + whole + fraction.padEnd(Number(exponent), "0");
  return written.includes("e") ? null : written;
}

/** Number of significant digits that every decimal has in common with the nearest double. */
const SURE_DIGITS = 15;
/** The same for sums of many doubles, applied if at most 10 digits are left after rounding. */
const SURE_DIGITS_OF_SUMS = 13;
const MOST_ROUND_DIGITS = 10;
/** With more digits before the point, 13 digits would leave too few places after it. */
const LONGEST_WHOLE_OF_SUMS = 7;

/**
 * Removes the rounding noise of doubles from a canonical decimal of more than 15 significant digits. It
 * is rounded to 13 digits if at most 10 of them are left without trailing zeros, otherwise to 15.
 * Decimals of fewer than three places and integers of any length are not changed.
 *
 * @example `withoutFloatNoise("59146.869999999995")` is `"59146.87"`, and
 * `withoutFloatNoise("26.669999999999643")` is `"26.67"`.
 */
export function withoutFloatNoise(decimal: string): string {
  if (decimal.length <= SURE_DIGITS + 1) return decimal;
  const [, sign = "", whole = "", fraction = ""] = /^(-?)(\d+)\.(\d{3,})$/.exec(decimal) ?? [];
  if (whole.length > SURE_DIGITS || countSignificant(whole + fraction) <= SURE_DIGITS) {
    return decimal;
  }
  const isNegative = sign === "-";
  if (whole.length <= LONGEST_WHOLE_OF_SUMS) {
    const round = roundTo(isNegative, whole, fraction, SURE_DIGITS_OF_SUMS);
    if (countSignificant(round.replace(/\D/g, "")) <= MOST_ROUND_DIGITS) return round;
  }
  return roundTo(isNegative, whole, fraction, SURE_DIGITS);
}

function countSignificant(digits: string): number {
  return digits.replace(/^0+/, "").length;
}

function roundTo(isNegative: boolean, whole: string, fraction: string, most: number): string {
  const places = fraction.length - (countSignificant(whole + fraction) - most);
  const unit = 10n ** BigInt(fraction.length - places);
  const digits = String((BigInt(whole + fraction) + unit / 2n) / unit).padStart(places + 1, "0");
  const end = digits.length - places;
  return canonicalDecimal(isNegative, digits.slice(0, end), digits.slice(end));
}

function canonicalDecimal(negative: boolean, whole: string, fraction: string): string {
  const significant = fraction.replace(/0+$/, "");
  const magnitude = significant === "" ? whole : `${whole}.${significant}`;
  return negative && magnitude !== "0" ? `-${magnitude}` : magnitude;
}
