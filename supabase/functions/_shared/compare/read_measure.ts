import { readDecimal } from "./read_decimal.ts";

/** A number with its unit. */
export interface Measure {
  /** Number as it is written. */
  readonly number: string;
  /** Canonical decimal, see {@link readDecimal}. */
  readonly decimal: string;
  readonly unit: string;
}

/** Text that is a number followed by a word or a sign, and nothing else. */
const MEASURE = /^(-?[\d.,' ]*\d) ?([\p{L}\p{M}%‰°µ"'][\p{L}\p{M}\d/°.]*)$/u;
const UNITS =
  "[cdkm]?m[23]?|[kmµμ]?g|t|lbs?|oz|[cdhmµμ]?l|[kmg]?wh?|[kmg]?hz|[kmgt]i?b|ms|min|h|[ap]\\.?m\\.?|k?v|ma?h?|kcal|k?j|°[cf]|dpi|px";
/** Blank between a number and its unit, in any text. */
const UNIT_BLANK = new RegExp(`(?<=\\d) (?=[%‰°]|(?:${UNITS})(?![\\p{L}\\p{N}]))`, "gu");
const LONGEST_MEASURE = 60;

/** Returns a folded text without blanks before units: `12kg` for `12 kg`, and `19% vat` for `19 % vat`. */
export function joinUnits(folded: string): string {
  if (!/\d /.test(folded)) return folded;
  const joined = folded.replace(UNIT_BLANK, "");
  // If a text is only a number and a word, the word is its unit.
  return joined.length <= LONGEST_MEASURE ? joined.replace(MEASURE, "$1$2") : joined;
}

/** Returns the number and the unit that a folded text consists of, or null. */
export function readMeasure(folded: string): Measure | null {
  if (folded.length > LONGEST_MEASURE) return null;
  const [, number = "", unit = ""] = MEASURE.exec(folded) ?? [];
  const decimal = number === "" ? null : readDecimal(number);
  return decimal === null ? null : { number, decimal, unit };
}
