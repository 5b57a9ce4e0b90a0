import { decodeHTMLStrict } from "entities/decode";

/** Texts that {@link foldMarks} does not change: printable ASCII with single inner blanks. */
const PLAIN = /^(?:[!-%'-_a-~]+(?: [!-%'-_a-~]+)*)?$/;
const ENTITY = /&#?\w+;/;
/** An ampersand that was escaped once or more often. */
const ESCAPED_AMPERSAND = /&(?:(?:amp|#38|#x26);)+/gi;
const SINGLE_QUOTES = /[`´‘’‚‛‹›ʹʻʼʽˈˊˋ′‵׳＇]/g;
const DOUBLE_QUOTES = /[“”„‟«»″‶〝〞〟״ˮ]|''/g;
/** French writes blanks inside its quotes. */
const FRENCH_QUOTES = /« | »/g;
const SLASHES = /[⁄∕]/g;
const WHITE_SPACE = /[\s\u0085]+/g;
const DASHES = /[‐-―⁃−－﹘﹣־]/g;
/**
 * Characters that differ from their NFKC form in width or shape only: ligatures, full and half
 * width, Arabic presentation forms, bold and script letters, units written as one character, Roman
 * numerals, the ellipsis. Superscripts, circled digits, `№` and `™` are not among them.
 */
const SHAPES =
  /[µĲĳĿŀŉǄ-ǌǱ-ǳ‥…℃℉Å\u2126\u212aⅠ-ⅿ㈠-㉃㍱-㏟\ufb00-\ufdff\ufe10-\ufe19\ufe30-\ufe6f\ufe70-\ufefc\uff00-\uffef]|[\u{1d400}-\u{1d7ff}]/gu;
const FRACTIONS = /\d?[¼-¾⅐-⅞↉]/g;
const UNIT_POWERS = /(?<![\p{L}\p{M}])((?:[cdkmµμ]?m|ft|in|yd|mi))([²³])/giu;
const SUBSCRIPTS = /(?<=[\p{L}\p{M}])[₀-₉]+/gu;

/**
 * Removes differences of typography from a text and keeps its case. Folded are HTML entities, white
 * space (each run becomes one blank), invisible characters (zero width, soft hyphens, direction
 * marks), quotes, dashes, width and ligatures, `½` (as `1/2`) and the powers of units (`m²` as `m2`).
 * A superscript after a digit is kept, because `10²` is not `102`. Folding twice changes nothing.
 *
 * @example `foldMarks("\u201eM&uuml;ller\u201c \u2013 5\u00a0m²")` is `"\"Müller\" - 5 m2"`.
 */
export function foldMarks(text: string): string {
  if (PLAIN.test(text) && !text.includes("''")) return text;
  let folded = text;
  if (ENTITY.test(folded)) folded = decodeHTMLStrict(folded.replace(ESCAPED_AMPERSAND, "&"));
  folded = folded.replace(/\p{Default_Ignorable_Code_Point}/gu, "").normalize("NFC")
    .replace(WHITE_SPACE, " ");
  // In Danish and German »so«, blanks beside the quotes are outside of them.
  if (/^[^«»]*«/.test(folded)) folded = folded.replace(FRENCH_QUOTES, '"');
  return folded
    .replace(FRACTIONS, writeFraction)
    .replace(SHAPES, (character) => character.normalize("NFKC"))
    // Some quotes count as letters, and a unit follows no letter.
    .replace(SINGLE_QUOTES, "'")
    .replace(DOUBLE_QUOTES, '"')
    .replace(UNIT_POWERS, (_, unit: string, power: string) => unit + power.normalize("NFKC"))
    .replace(SUBSCRIPTS, (digits) => digits.normalize("NFKC"))
    .replace(DASHES, "-")
    .replace(SLASHES, "/")
    .normalize("NFC")
    // Some normalised forms contain blanks.
    .replace(WHITE_SPACE, " ")
    .trim();
}

/** Removes the case from a result of {@link foldMarks}. */
export function foldCase(marksFolded: string): string {
  if (PLAIN.test(marksFolded)) return marksFolded.toLowerCase();
  // Lower, upper and lower again: `straße` is `STRASSE` in capitals, and only so do both become equal.
  // The dot of the Turkish `İ` is no accent: `EKİM` is `Ekim` in capitals.
  const lower = marksFolded.toLowerCase().toUpperCase().toLowerCase().replaceAll("i\u0307", "i");
  return foldMarks(lower);
}

function writeFraction(written: string): string {
  const fraction = written.slice(-1).normalize("NFKC");
  return written.length > 1 ? `${written.slice(0, 1)} ${fraction}` : fraction;
}
