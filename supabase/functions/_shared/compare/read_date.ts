import { foldCase } from "./fold_text.ts";
import { isoDate } from "./iso_date.ts";
import { allNames, type CalendarNames, englishNames, isFiller, wordsOf } from "./month_names.ts";

const YEAR_LAST = /^(\d{1,2}) *([-/.]) *(\d{1,2}) *\2 *(\d{4})\.?$/;
/** Dates whose order is certain: year first; Chinese, Japanese, Korean (parts named); Vietnamese. */
const ORDERED = [
  /^(?<year>\d{4}) *([-/.]) *(?<month>\d{1,2}) *\2 *(?<day>\d{1,2})\.?$/,
  /^(?<year>\d{4}) ?[年년] ?(?<month>\d{1,2}) ?[月월] ?(?<day>\d{1,2}) ?[日日일号號]?$/,
  /^(?:ngày )?(?<day>\d{1,2}) (?:tháng|thg) (?<month>\d{1,2})(?:,| năm|, năm) (?<year>\d{4})$/,
];
const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)[t ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(z|[+-]\d\d:?\d\d)?$/;
/** Date in words: numbers, words and the marks between them. */
const WORDED = /^(?:\d+(?:st|nd|rd|th|er|re|[oaeºª°])?(?![\p{L}\d])|[\p{L}\p{M}.'،]|[ ,/()-])+$/u;
/** Suffixes that make a day's number an ordinal: `1st`, `1er`, `1º`. */
const ORDINALS = new Set("st nd rd th er re o a e º ª".split(" "));
const SHORTEST_DATE = 8;
const LONGEST_DATE = 60;
const MOST_WORDS = 8;

/**
 * Reads a date, or date and time, into a form that is equal for equal dates; null if the text is no
 * date of the calendar.
 *
 * These are read:
 * - `2024-03-25` (also with `/` and `.`), `25/03/2024` and `03/25/2024`, with or without spaces at the
 *   marks, which typewriters and OCR leave;
 * - dates with a month's name, long or short, in the languages that `Intl` knows (`March 25th, 2024`,
 *   `25-Mar-2024`, `3. März 2024`, `1er mars 2024`, `3 de marzo de 2024`), and `2024年3月3日`;
 * - ISO 8601 date-times, as an instant with an offset and as local time without one.
 *
 * A weekday before or after the date is accepted if it is that of the date.
 *
 * Ambiguous dates are not guessed. `03/04/2024` may be in March or April. It keeps its order and its
 * mark, so that it equals `3/4/2024` and nothing else, unless a weekday decides. `3 listopad 2024` is
 * in October in Croatian and in November in Polish, and is not read. Years of two digits are not read,
 * and a date never equals a date-time.
 */
export function readDate(text: string): string | null {
  if (text.length < SHORTEST_DATE || text.length > LONGEST_DATE) return null;
  const written = foldCase(text.trim());
  return choose(readNumbers(written), null) ?? readDateTime(written) ??
    (/\p{L}/u.test(written) ? readWithNames(written) : null);
}

/** Days that a text can mean, and the form in which it is kept if there are two. */
interface Candidates {
  readonly dates: readonly (string | null)[];
  readonly undecided?: string;
}

const NONE: Candidates = { dates: [] };

/** Returns the day if only one is possible, otherwise `undecided`, or null. */
function choose(
  { dates, undecided }: Candidates,
  weekdays: ReadonlySet<number> | null,
): string | null {
  const possible = new Set(
    dates.filter((date) =>
      date !== null && (weekdays === null || weekdays.has(new Date(`${date}T00:00Z`).getUTCDay()))
    ),
  );
  const [only = null] = possible;
  return possible.size > 1 ? undecided ?? null : only;
}

/** Reads a date whose month is a number. */
function readNumbers(written: string): Candidates {
  for (const pattern of ORDERED) {
    const { year, month, day } = pattern.exec(written)?.groups ?? {};
    if (year !== undefined) return { dates: [isoDate(Number(year), Number(month), Number(day))] };
  }
  const yearLast = YEAR_LAST.exec(written);
  if (yearLast === null) return NONE;
  const [, first, mark, second, year] = yearLast;
  return {
    dates: [
      isoDate(Number(year), Number(second), Number(first)),
      isoDate(Number(year), Number(first), Number(second)),
    ],
    undecided: `either ${Number(first)}${mark}${Number(second)}${mark}${year}`,
  };
}

/** Reads a date with the name of its month or its weekday, or both. */
function readWithNames(written: string): string | null {
  const numbers = written.match(/\d+/g) ?? [];
  if (numbers.length < 2 || numbers.length > 3 || !numbers.every(isPartOfDate)) return null;
  const words = wordsOf(written);
  if (words.length > MOST_WORDS) return null;
  const read = (names: CalendarNames) =>
    numbers.length === 3
      ? readBesideWeekday(written, names)
      : readWithMonth(written, numbers, words, names);
  // Most texts are no dates or English ones, so that the other languages are tried last.
  return read(englishNames()) ?? read(allNames());
}

function isPartOfDate({ length }: string): boolean {
  return length <= 2 || length === 4;
}

function readBesideWeekday(written: string, names: CalendarNames): string | null {
  const [, before = "", date = "", after = ""] =
    /^(\D*?)[ ,(]*((?:ngày )?\d.*\d\.?(?: ?[日号號일])?)[ ,.(]*(\D*?)\)?$/u.exec(written) ?? [];
  const words = wordsOf(`${before} ${after}`).filter((word) => !isFiller(word));
  const candidates = readNumbers(date);
  return words.length === 0 || candidates === NONE
    ? null
    : choose(candidates, weekdaysNamed(words, names));
}

function readWithMonth(
  written: string,
  numbers: readonly string[],
  words: readonly string[],
  names: CalendarNames,
): string | null {
  if (!WORDED.test(written)) return null;
  const [year] = numbers.filter((number) => number.length === 4);
  const [day] = numbers.filter((number) => number.length <= 2);
  if (year === undefined || day === undefined) return null;
  const telling = words.filter((word) => !isFiller(word) && !ORDINALS.has(word));
  const dates = new Set<string>();
  for (const [index, word] of telling.entries()) {
    const others = telling.toSpliced(index, 1);
    const weekdays = others.length === 0 ? null : weekdaysNamed(others, names);
    for (const month of names.months.get(word) ?? []) {
      const date = choose({ dates: [isoDate(Number(year), month, Number(day))] }, weekdays);
      if (date !== null) dates.add(date);
    }
  }
  return choose({ dates: [...dates] }, null);
}

/** Returns the weekdays that all of `words` can mean; none if one of them names no weekday. */
function weekdaysNamed(words: readonly string[], { weekdays }: CalendarNames): Set<number> {
  const [first = new Set<number>(), ...rest] = words.map((word) => weekdays.get(word));
  return new Set([...first].filter((day) => rest.every((other) => other?.has(day))));
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
