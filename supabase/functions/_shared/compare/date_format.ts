import { isoDate } from "./iso_date.ts";

const PARTS = /YYYY|YY|MM|M|DD|D/g;

/** Tells whether `format` holds a date's year, month and day once each, as in `DD/MM/YYYY`. */
export function isDateFormat(format: string): boolean {
  const parts = (format.match(PARTS) ?? []).map((part) => part[0]).sort().join("");
  return parts === "DMY" && !/[A-Za-z0-9]/.test(format.replace(PARTS, "")) && format.length <= 20;
}

interface Reader {
  readonly pattern: RegExp;
  /** `Y`, `M` and `D` in the order in which the pattern captures them. */
  readonly order: readonly string[];
}

// A worker sees few formats, each of them in every answer.
const readers = new Map<string, Reader>();
const MOST_READERS = 100;

/**
 * Returns the ISO date that `text` writes in `format`, or null if it does not match. Days and months
 * may lack their leading zero if the format has separators. A year of two digits lies in 1969 to
 * 2068, as in POSIX.
 */
export function readDateAs(text: string, format: string): string | null {
  const { pattern, order } = readerOf(format);
  const match = pattern.exec(text.trim());
  if (match === null) return null;
  const part = (letter: string) => match[order.indexOf(letter) + 1] ?? "";
  const year = part("Y");
  const century = year.length > 2 ? 0 : Number(year) < 69 ? 2000 : 1900;
  return isoDate(century + Number(year), Number(part("M")), Number(part("D")));
}

function readerOf(format: string): Reader {
  const known = readers.get(format);
  if (known !== undefined) return known;
  const isSeparated = format.replace(PARTS, "").length >= 2;
  const order: string[] = [];
  const source = format.replace(/YYYY|YY|MM|M|DD|D|[^YMD]/g, (part) => {
    if (!/[YMD]/.test(part)) return part.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
    order.push(part.slice(0, 1));
    if (part.startsWith("Y")) return `(\\d{${part.length}})`;
    return isSeparated || part.length === 1 ? "(\\d{1,2})" : "(\\d{2})";
  });
  const reader = { pattern: new RegExp(`^${source}$`), order };
  if (readers.size === MOST_READERS) readers.clear();
  readers.set(format, reader);
  return reader;
}
