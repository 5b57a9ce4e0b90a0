/** Number on the page, with the way it is written. */
export interface Amount {
  value: number;
  /** Position in the text where it begins. */
  index: number;
  /** Number of printed decimals: 0 for `4,380`. */
  decimals: number;
  /** `true` if a currency sign or code stands beside it. */
  hasCurrency: boolean;
}

const currencyWord = "(?:[$€£¥]|\\b(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|NZD|SEK|NOK|DKK|INR|Fr|kr)\\b)";
const amountPattern = new RegExp(
  `(?<![\\p{L}\\d.,:/#*-])(?<sign>[-−–]\\s?)?(?<before>${currencyWord}\\s?)?(?<inner>[-−–])?` +
    `(?<digits>\\d[\\d.,'’]*(?: \\d{3}(?![\\d])[\\d.,'’]*)*)\\s?` +
    `(?<after>%|${currencyWord})?(?![\\d/:-])`,
  "giu",
);

/**
 * Returns all amounts in a text, from left to right: `1,284.50`, `1.284,50 €`, `1'284.50`, `1
 * 284,50`, `¥4,380`. Percentages, and digits inside dates, times and identifiers, are left out.
 */
export function findAmounts(text: string): Amount[] {
  const joined = text
    // Engines split a number at its decimal mark ("842 . 21", "30. 63") and read a point as a
    // colon.
    .replace(/(\d)\s?([.,])\s(\d{2})(?!\d)/g, "$1$2$3")
    .replace(/(?<=\d)\s([.,]\d{2})(?!\d)/g, "$1")
    // "£24 70" lost its decimal mark: no currency groups two digits.
    .replace(/([$€£]\s?\d{1,4}) (\d{2})(?![\d.,])/g, "$1.$2");
  const amounts: Amount[] = [];
  for (const match of joined.matchAll(amountPattern)) {
    const { sign, before, inner, digits = "", after } = match.groups ?? {};
    if (after === "%") continue;
    const number = parseNumber(digits);
    if (number === null) continue;
    const negative = sign !== undefined || inner !== undefined;
    amounts.push({
      value: negative ? -number.value : number.value,
      index: match.index,
      decimals: number.decimals,
      hasCurrency: before !== undefined || after !== undefined,
    });
  }
  return amounts;
}

/**
 * Parses digits with group and decimal marks of any country. The last mark separates decimals if
 * one or two digits follow; otherwise it groups thousands. Returns null if the text is not a
 * number.
 */
export function parseNumber(text: string): { value: number; decimals: number } | null {
  const digits = text.replace(/[.,'’\s]+$/, "");
  if (!/^\d/.test(digits)) return null;
  const mark = Math.max(digits.lastIndexOf("."), digits.lastIndexOf(","));
  const tail = mark < 0 ? "" : digits.slice(mark + 1);
  // "1.13240" lost its second mark: no currency groups five digits.
  const lostMark = /^\d{5}$/.test(tail) && mark <= 3;
  const decimals = lostMark ? 2 : tail.length === 1 || tail.length === 2 ? tail.length : 0;
  const plain = digits.replaceAll(/\D/g, "");
  if (plain.length > 12) return null;
  return { value: Number(plain) / 10 ** decimals, decimals };
}

/** Rounds to cents, so that sums of amounts are equal to printed sums. */
export function toCents(value: number): number {
  return Math.round(value * 100);
}
