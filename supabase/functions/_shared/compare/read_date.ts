const YEAR_FIRST = /^(\d{4}) *([-/.]) *(\d{1,2}) *\2 *(\d{1,2})$/;
const YEAR_LAST = /^(\d{1,2}) *([-/.]) *(\d{1,2}) *\2 *(\d{4})$/;
const DAY_MONTH_NAME =
  /^(\d{1,2})(?:st|nd|rd|th|\.)?(?: *[-/] *| +)([a-z]{3,9})\.?(?: *[-/,] *| +)(\d{4})$/;
const MONTH_NAME_DAY = /^([a-z]{3,9})\.? +(\d{1,2})(?:st|nd|rd|th)?(?: *, *| +)(\d{4})$/;
const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)[t ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(z|[+-]\d\d:?\d\d)?$/;
const MONTHS = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];
const LONGEST_DATE = 40;

/**
 * What date, or date and time, `text` writes, in a form equal for equal dates; null where it is no
 * date of the calendar.
 *
 * Read are `2024-03-25` (also with `/` and `.`), `25/03/2024` and `03/25/2024`, `25 March 2024`,
 * `25-Mar-2024`, `March 25th, 2024`, each with or without spaces at its marks as typewriters and OCR
 * leave them, and ISO 8601 date-times: with an offset as an instant, without one as local time.
 *
 * Not guessed: whether `03/04/2024` is March or April. It keeps its order and its mark, so that it
 * equals `3/4/2024` (the same date whoever reads it) and nothing else. A year of two digits is not
 * read at all, nor a date equated with a date-time.
 */
export function readDate(text: string): string | null {
  if (text.length < 8 || text.length > LONGEST_DATE) return null;
  const written = text.trim().toLowerCase();

  const yearFirst = YEAR_FIRST.exec(written);
  if (yearFirst !== null) {
    const [, year, , month, day] = yearFirst;
    return isoDate(Number(year), Number(month), Number(day));
  }
  const yearLast = YEAR_LAST.exec(written);
  if (yearLast !== null) {
    const [, first, mark, second, year] = yearLast;
    const dayFirst = isoDate(Number(year), Number(second), Number(first));
    const monthFirst = isoDate(Number(year), Number(first), Number(second));
    if (dayFirst === null || monthFirst === null) return dayFirst ?? monthFirst;
    if (dayFirst === monthFirst) return dayFirst;
    return `either ${Number(first)}${mark}${Number(second)}${mark}${year}`;
  }
  const dayMonth = DAY_MONTH_NAME.exec(written);
  if (dayMonth !== null) {
    const [, day, name = "", year] = dayMonth;
    return isoDate(Number(year), monthNumber(name), Number(day));
  }
  const monthDay = MONTH_NAME_DAY.exec(written);
  if (monthDay !== null) {
    const [, name = "", day, year] = monthDay;
    return isoDate(Number(year), monthNumber(name), Number(day));
  }
  return readDateTime(written);
}

function readDateTime(written: string): string | null {
  const match = DATE_TIME.exec(written);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second = "00", fraction = "", zone] = match;
  const date = isoDate(Number(year), Number(month), Number(day));
  if (date === null || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const decimals = fraction.replace(/0+$/, "");
  if (zone === undefined) return `${date}T${hour}:${minute}:${second}.${decimals}`;
  const whole = Date.parse(`${date}T${hour}:${minute}:${second}Z`) / 1000 - offsetSeconds(zone);
  return `instant ${whole}.${decimals}`;
}

function offsetSeconds(zone: string): number {
  if (zone === "z") return 0;
  const sign = zone.startsWith("-") ? -1 : 1;
  return sign * (Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(-2)) * 60);
}

/** 1 to 12 for a month's English name or its first three letters (and "sept"), else 0. */
function monthNumber(name: string): number {
  if (name === "sept") return 9;
  return MONTHS.findIndex((month) => name === month || name === month.slice(0, 3)) + 1;
}

/** `2024-03-25`, or null where the calendar has no such day. */
export function isoDate(year: number, month: number, day: number): string | null {
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null;
  const pad = (part: number) => String(part).padStart(2, "0");
  return `${String(year).padStart(4, "0")}-${pad(month)}-${pad(day)}`;
}

function daysInMonth(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}
