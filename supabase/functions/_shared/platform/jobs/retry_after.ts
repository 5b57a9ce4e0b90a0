/** Longest wait that is believed, in milliseconds: a day. A header with more says "never" or nonsense. */
export const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

/** Read-only access to headers, as `Headers` gives it. */
export interface HeaderSource {
  get(name: string): string | null;
}

/**
 * Returns the milliseconds that a refused caller is asked to wait, or null if the answer does not say:
 * `retry-after-ms`, else `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
 *
 * @param nowMs milliseconds since 1970, for dates
 */
export function readRetryAfter(headers: HeaderSource, nowMs: number): number | null {
  const exact = readNumber(headers.get("retry-after-ms"));
  if (exact !== null) return bounded(exact);
  const text = headers.get("retry-after");
  const seconds = readNumber(text);
  if (seconds !== null) return bounded(seconds * 1000);
  // Date.parse takes many a text for a date; an HTTP date begins with a day's name.
  if (text === null || !/^\s*[A-Za-z]{3}/.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : bounded(at - nowMs);
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A number and its unit, as in `1.5s`, `20 seconds` or `2 min and`; the first letters tell units apart. */
const AMOUNT = String.raw`(\d+(?:\.\d+)?)\s*` +
  String.raw`(ms|milliseconds?|s(?:ecs?|econds?)?|m(?:ins?|inutes?)?|h(?:rs?|ours?)?|d(?:ays?)?)` +
  String.raw`(?![a-z])[\s,]*(?:and\s+)?`;
const DURATION = new RegExp(String.raw`^(?:${AMOUNT})+$`, "i");
const SPOKEN_WAIT = new RegExp(
  String.raw`\b(?:again|retry|wait|resets?|available)\b[^.;\n]{0,40}?\b((?:${AMOUNT})+)`,
  "i",
);

/** Returns the milliseconds of a duration such as `1m12.5s` or `2 minutes`; null for another text. */
export function readDuration(text: string): number | null {
  if (!DURATION.test(text.trim())) return null;
  return text.matchAll(new RegExp(AMOUNT, "gi")).reduce((sum, [, amount, unit = ""]) => {
    const short = /^m(s|illi)/i.test(unit) ? "ms" : unit.charAt(0).toLowerCase();
    return sum + Number(amount) * (UNIT_MS[short] ?? 0);
  }, 0);
}

/** Returns the milliseconds to wait that a sentence names ("try again in 1m2s"), or null. */
export function readSpokenWait(text: string): number | null {
  const [, duration] = SPOKEN_WAIT.exec(text) ?? [];
  const ms = duration === undefined ? null : readDuration(duration);
  return ms === null ? null : bounded(ms);
}

const SPOKEN_MOMENT =
  /\b(\d{4}-\d{2}-\d{2})(?:(?:T|,? (?:at )?)(\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?))? ?(?:UTC|GMT|Z)?/i;

/**
 * Returns the moment that a sentence names ("regain access on 2026-12-01 at 00:00 UTC"), in
 * milliseconds since 1970; null if it names none, or one that has passed.
 */
export function readSpokenMoment(text: string, nowMs: number): number | null {
  const [, day, time = "00:00"] = SPOKEN_MOMENT.exec(text) ?? [];
  if (day === undefined) return null;
  const at = Date.parse(`${day}T${time}Z`);
  return Number.isNaN(at) || at <= nowMs ? null : at;
}

function readNumber(text: string | null): number | null {
  if (text === null || !/^\s*\d+(\.\d+)?\s*$/.test(text)) return null;
  return Number(text);
}

function bounded(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), MAX_WAIT_MS);
}
