import type { ReportContext } from "./report_reader.ts";

/** Nothing was tested before; runners write 1970 or year 1 for a time they do not know. */
const FIRST_TRUSTED = Date.UTC(2000, 0, 1);
/** How far a sender's clock may be ahead, in milliseconds. */
const MOST_AHEAD_MS = 24 * 3_600_000;

const ISO =
  /^(\d{4})-?(\d{2})-?(\d{2})(?:[T ]\s*(\d{2}):?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?$/i;
/** Times as HTTP and `ctime` write them: `Tue, 05 May 2020 08:38:13 GMT`, `Thu Feb 11 10:24:57 2021`. */
const WORDS = /^[a-z]{3},? .*\b\d{1,2}:\d{2}:\d{2}\b/i;
const ZONE = /(?:Z|UTC|GMT|[A-Z]{3,4}|[+-]\d{2}:?\d{2})(?: \d{4})?$/;

/** Finds out when a run began from the times that its report states. */
export class RunDate {
  readonly #context: ReportContext;
  #earliest: number | null = null;
  #future: string | null = null;
  #unreadable: string | null = null;

  constructor(context: ReportContext) {
    this.#context = context;
  }

  /** Adds a time as the report writes it. */
  see(text: string | null | undefined): void {
    const trimmed = text?.trim() ?? "";
    if (trimmed === "") return;
    const time = this.#read(trimmed);
    if (time === null) this.#unreadable ??= trimmed;
    else if (time > this.#context.arrivedAt.getTime() + MOST_AHEAD_MS) this.#future ??= trimmed;
    else if (time >= FIRST_TRUSTED) this.#earliest = Math.min(this.#earliest ?? Infinity, time);
  }

  /** Returns the earliest time that can be trusted, as ISO 8601; null if there is none. */
  end(): string | null {
    const { arrivedAt, warnings } = this.#context;
    if (this.#earliest !== null) return new Date(this.#earliest).toISOString();
    if (this.#future !== null) {
      warnings.add({
        code: "report.future_time",
        detail: `"${this.#future.slice(0, 50)}" is in the future: the run is dated by its arrival.`,
      });
      return arrivedAt.toISOString();
    }
    if (this.#unreadable !== null) {
      warnings.add({
        code: "report.bad_time",
        detail: `"${this.#unreadable.slice(0, 50)}" is no time: the run is dated by its arrival.`,
      });
    }
    return null;
  }

  /** Returns milliseconds since 1970; null if the text is no time. */
  #read(text: string): number | null {
    const { arrivedAt, utcOffset } = this.#context;
    if (/^\d{13}$/.test(text)) return Number(text);
    if (/^\d{10}(?:\.\d+)?$/.test(text)) return Number(text) * 1_000;
    const iso = ISO.exec(text);
    const written = iso === null ? text : toIso(iso);
    const hasZone = iso === null ? ZONE.test(text) : iso[8] !== undefined;
    if (iso === null && !WORDS.test(text)) return null;
    const space = iso === null ? " " : "";
    const time = Date.parse(hasZone ? written : `${written}${space}${utcOffset ?? "Z"}`);
    if (Number.isNaN(time)) return null;
    // A time of an unknown zone east of Greenwich seems to be later than its arrival.
    return hasZone || utcOffset !== null || time > arrivedAt.getTime() + MOST_AHEAD_MS
      ? time
      : Math.min(time, arrivedAt.getTime());
  }
}

/** Returns the earliest of some times that can be trusted, as {@link RunDate.end} does. */
export function dateRun(
  times: readonly (string | null | undefined)[],
  context: ReportContext,
): string | null {
  const date = new RunDate(context);
  for (const time of times) date.see(time);
  return date.end();
}

/** Writes the parts of a time as `Date.parse` reads them in every runtime. */
function toIso(parts: RegExpExecArray): string {
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "0", zone = ""] =
    parts;
  const offset = /^[a-z]/i.test(zone)
    ? "Z"
    : zone.replace(/^([+-]\d{2}):?(\d{2})?$/, (_, hours, minutes = "00") => `${hours}:${minutes}`);
  return `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.slice(0, 3)}${offset}`;
}
