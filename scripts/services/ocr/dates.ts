/** First three letters of each month in several languages, January first. */
const months = `jan feb/fev mar/mrz apr/avr may/mai/mag jun/jui
  jul aug/aou/ago sep/set oct/okt/ott nov dec/dez`.split(/\s+/).map((names) => names.split("/"));

/** Order of day and month in a date where both are below 13 and only the country decides. */
export type DateOrder = "day_first" | "month_first";

/** Date on the page. */
export interface FoundDate {
  /** Date as YYYY-MM-DD. */
  iso: string;
  /** Position in the text where it begins. */
  index: number;
}

const separator = "\\s?[-./]\\s?";
const yearFirst = new RegExp(
  `(?<!\\d)(2[08]\\d{2})${separator}(\\d{1,2})${separator}(\\d{1,2})(?!\\d)`,
  "g",
);
const yearLast = new RegExp(
  `(?<!\\d)(\\d{1,2})${separator}(\\d{1,2})${separator}(2[08]\\d{2}|\\d{2})(?!\\d)`,
  "g",
);
const dayMonthName =
  /(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|\.)?[\s-]?(\p{L}{3,9})\.?,?[\s-]?(2[08]\d{2})/gu;
const monthNameDay = /(\p{L}{3,9})\.?\s?(\d{1,2})(?:st|nd|rd|th)?,?\s?(2[08]\d{2})/gu;

/** Returns all dates in a text, left to right, in numbers or with month names of several languages. */
export function findDates(text: string, order: DateOrder): FoundDate[] {
  const found: FoundDate[] = [];
  const add = (index: number, year: string, month: number, day: number) => {
    const iso = toIso(year.length === 2 ? 2000 + Number(year) : yearOf(year), month, day);
    if (iso !== null && !found.some((date) => date.index === index)) found.push({ iso, index });
  };
  for (const { index, 1: year = "", 2: month, 3: day } of text.matchAll(yearFirst)) {
    add(index, year, part(month), part(day));
  }
  for (const match of text.matchAll(yearLast)) {
    const first = part(match[1]);
    const second = part(match[2]);
    const dotted = match[0].includes(".");
    const monthFirst = second > 12 || (order === "month_first" && first <= 12 && !dotted);
    if (monthFirst) add(match.index, match[3] ?? "", first, second);
    else add(match.index, match[3] ?? "", second, first);
  }
  for (const { index, 1: day, 2: month = "", 3: year = "" } of text.matchAll(dayMonthName)) {
    add(index, year, monthOf(month), part(day));
  }
  for (const { index, 1: month = "", 2: day, 3: year = "" } of text.matchAll(monthNameDay)) {
    add(index, year, monthOf(month), part(day));
  }
  return found.sort((a, b) => a.index - b.index);
}

/** Parses a day or month. Neither can be 80 or more: engines read a slashed zero as an eight. */
function part(digits: string | undefined): number {
  return Number(digits?.replace(/^8(?=\d)/, "0"));
}

function yearOf(digits: string): number {
  return Number(digits.replace(/^28/, "20"));
}

function monthOf(name: string): number {
  const plain = name.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase();
  if (plain.startsWith("juil")) return 7;
  return months.findIndex((names) => names.includes(plain.slice(0, 3))) + 1;
}

function toIso(year: number, month: number, day: number): string | null {
  const date = new Date(Date.UTC(year, month - 1, day));
  const real = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return real ? date.toISOString().slice(0, 10) : null;
}
