import { readDecimal } from "./read_decimal.ts";

/** A number with the currency that it was written with, if any. */
export interface Amount {
  /** Canonical decimal, see {@link readDecimal}. */
  readonly decimal: string;
  /** ISO 4217 code if the mark means one currency only, otherwise the mark (`$`); null for none. */
  readonly currency: string | null;
}

/** Most used codes of ISO 4217. Not all are read: `TOP 5` and `ALL 3` are hardly ever money. */
const CODES =
  "AED AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KRW MXN MYR NOK NZD PEN PHP PLN RON RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR";

/** Other marks with their meanings. `$`, `¥`, `kr` and `Rs` mean several currencies each. */
const MARKS = "€=EUR £=GBP ₹=INR ₩=KRW ₽=RUB ₺=TRY ₴=UAH ₫=VND ₪=ILS ฿=THB ₱=PHP 円=JPY 元=CNY " +
  "US$=USD CA$=CAD C$=CAD AU$=AUD A$=AUD NZ$=NZD HK$=HKD S$=SGD NT$=TWD R$=BRL " +
  "zł=PLN Kč=CZK Ft=HUF lei=RON RM=MYR Rp=IDR Rp.=IDR Fr.=CHF SFr.=CHF " +
  "$=$ ¥=¥ ￥=¥ kr=kr kr.=kr Rs=Rs Rs.=Rs";

/** Currencies by their marks. */
const MEANINGS = new Map([
  ...CODES.split(" ").map((code): [string, string] => [code, code]),
  ...MARKS.split(" ").map((entry): [string, string] => {
    const [mark = "", meaning = ""] = entry.split("=");
    return [mark, meaning];
  }),
]);

/** Currencies by their marks in lower case, so that texts that differ only in case are equal. */
const MEANINGS_ANY_CASE = new Map(
  [...MEANINGS].map(([mark, meaning]) => [mark.toLowerCase(), meaning]),
);

const AMOUNT = /^(\D*?)(\.?\d(?:.*\d)?)(\D*)$/su;
/** Marks for no cents in Swiss, German and Dutch prices: `12.-`, `12,--`. */
const NO_CENTS = /^([.,])[-–—−]{1,2}/;
const MINUS_BEFORE = /^[-−](?=\S)|[-−]$/g;
const MINUS_AFTER = /^[-−]/;
const LONGEST_AMOUNT = 60;

/**
 * Reads a number with or without a currency before or after it; null if the text is none or is
 * ambiguous by the rules of {@link readDecimal}. A minus stands before the number or its currency,
 * directly after the number (`12.50-`), or is written as parentheses around it.
 *
 * @param isAnyCase True to accept currencies in any case; otherwise `5 ft` is not `5 Ft`.
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
    // After "Fr" the dot belongs to the mark and is no decimal point.
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
  return isAnyCase ? MEANINGS_ANY_CASE.get(mark.toLowerCase()) : MEANINGS.get(mark);
}

/** Tells whether two amounts differ by `tolerance` at most and have no different currencies. */
export function areAmountsAlike(one: Amount, other: Amount, tolerance: string): boolean {
  if (one.currency !== null && other.currency !== null && one.currency !== other.currency) {
    return false;
  }
  return areDecimalsAlike(one.decimal, other.decimal, tolerance);
}

/** Tells whether two canonical decimals differ by `tolerance` at most. The result is exact. */
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
