import { readDecimal } from "./read_decimal.ts";

/** A number and, where it was written with one, its currency. */
export interface Amount {
  /** As {@link readDecimal} gives it. */
  readonly decimal: string;
  /** ISO 4217 where the mark means one currency only, else the mark itself (`$`); null for none. */
  readonly currency: string | null;
}

/** The most used of ISO 4217's codes. Not all: `TOP 5` and `ALL 3` are hardly ever money. */
const CODES =
  "AED AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KRW MXN MYR NOK NZD PEN PHP PLN RON RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR";

/** The currencies that marks stand for; `$`, `¥` and `kr` stand for several, so for themselves. */
const MEANINGS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(CODES.split(" ").map((code) => [code, code])),
  "€": "EUR",
  "£": "GBP",
  "₹": "INR",
  "₩": "KRW",
  "₽": "RUB",
  "₺": "TRY",
  "₴": "UAH",
  "₫": "VND",
  "₪": "ILS",
  "฿": "THB",
  "₱": "PHP",
  "円": "JPY",
  "元": "CNY",
  "US$": "USD",
  "CA$": "CAD",
  "C$": "CAD",
  "AU$": "AUD",
  "A$": "AUD",
  "NZ$": "NZD",
  "HK$": "HKD",
  "S$": "SGD",
  "NT$": "TWD",
  "R$": "BRL",
  "zł": "PLN",
  "Kč": "CZK",
  "Ft": "HUF",
  "lei": "RON",
  "RM": "MYR",
  "Rp": "IDR",
  "Rp.": "IDR",
  "Fr.": "CHF",
  "SFr.": "CHF",
  "$": "$",
  "¥": "¥",
  "￥": "¥",
  "kr": "kr",
  "kr.": "kr",
  "Rs": "Rs",
  "Rs.": "Rs",
};

/** For reading a mark in any case, so that texts differing in case alone have one number. */
const MEANINGS_ANY_CASE = new Map(
  Object.entries(MEANINGS).map(([mark, meaning]) => [mark.toLowerCase(), meaning]),
);

const AMOUNT = /^(\D*?)(\.?\d(?:.*\d)?)(\D*)$/su;
/** No cents, as Swiss, German and Dutch prices have it: `12.-`, `12,--`. */
const NO_CENTS = /^([.,])[-–—−]{1,2}/;
const MINUS_BEFORE = /^[-−](?=\S)|[-−]$/g;
const MINUS_AFTER = /^[-−]/;
const LONGEST_AMOUNT = 60;

/**
 * Returns the number that `text` writes, with or without a currency before or after it; null where it
 * writes none or could mean two, by the rules of {@link readDecimal}. A minus stands before the number
 * or its currency, directly after the number (`12.50-`), or is written as parentheses around it.
 *
 * @param isAnyCase accepts a currency in any case; else `5 ft` is no `5 Ft`
 * @example `readAmount("EUR 1.234,50")` is `{ decimal: "1234.5", currency: "EUR" }`.
 */
export function readAmount(text: string, isAnyCase = false): Amount | null {
  const plain = readDecimal(text);
  if (plain !== null) return { decimal: plain, currency: null };
  if (text.length > LONGEST_AMOUNT) return null;
  const match = AMOUNT.exec(text.trim());
  if (match === null) return null;
  const [, before = "", digits = "", after = ""] = match;
  if (digits.startsWith(".") && /\p{L}$/u.test(before)) {
    // After "Fr" the dot is the mark's own and no decimal point.
    return null;
  }
  const isInParentheses = before.includes("(") && after.includes(")");
  const left = isInParentheses ? before.replace("(", "") : before;
  const right = isInParentheses ? after.replace(")", "") : after;
  const [noCents = "", centsMark = ""] = NO_CENTS.exec(right) ?? [];
  const rest = right.slice(noCents.length);
  const minuses = (left.match(MINUS_BEFORE) ?? []).length + Number(MINUS_AFTER.test(rest)) +
    Number(isInParentheses);
  const marks = [left.replace(MINUS_BEFORE, ""), rest.replace(MINUS_AFTER, "")]
    .map((mark) => mark.trim()).filter((mark) => mark !== "");
  const [mark] = marks;
  if (minuses > 1 || marks.length > 1) return null;
  const currency = mark === undefined ? null : meaningOf(mark, isAnyCase);
  if (currency === undefined) return null;
  const cents = centsMark === "" ? "" : `${centsMark}00`;
  const decimal = readDecimal(`${minuses === 1 ? "-" : ""}${digits}${cents}`);
  return decimal === null ? null : { decimal, currency };
}

function meaningOf(mark: string, isAnyCase: boolean): string | undefined {
  if (isAnyCase) return MEANINGS_ANY_CASE.get(mark.toLowerCase());
  return Object.hasOwn(MEANINGS, mark) ? MEANINGS[mark] : undefined;
}

/** Tells whether two amounts are no further apart than `tolerance`, and not of two different currencies. */
export function areAmountsAlike(one: Amount, other: Amount, tolerance: string): boolean {
  if (one.currency !== null && other.currency !== null && one.currency !== other.currency) {
    return false;
  }
  return areDecimalsAlike(one.decimal, other.decimal, tolerance);
}

/** Tells whether two canonical decimals are no further apart than a third. Exact. */
export function areDecimalsAlike(one: string, other: string, tolerance: string): boolean {
  if (one === other) return true;
  if (tolerance === "0") return false;
  const places = Math.max(...[one, other, tolerance].map(countPlaces));
  const difference = scale(one, places) - scale(other, places);
  return (difference < 0n ? -difference : difference) <= scale(tolerance, places);
}

function countPlaces(decimal: string): number {
  const point = decimal.indexOf(".");
  return point < 0 ? 0 : decimal.length - point - 1;
}

function scale(decimal: string, places: number): bigint {
  return BigInt(decimal.replace(".", "") + "0".repeat(places - countPlaces(decimal)));
}
