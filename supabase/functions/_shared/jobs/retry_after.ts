/** Longest wait that is believed: beyond a day a header says "never" or nonsense. */
export const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

/** Read-only access to headers, as `Headers` gives it. */
export interface HeaderSource {
  get(name: string): string | null;
}

/**
 * How long a refused caller is asked to wait, in milliseconds, or null where the answer does not
 * say: `retry-after-ms`, else `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3).
 *
 * @param nowMs Milliseconds since 1970, for dates.
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

function readNumber(text: string | null): number | null {
  if (text === null || !/^\s*\d+(\.\d+)?\s*$/.test(text)) return null;
  return Number(text);
}

function bounded(ms: number): number {
  return Math.min(Math.max(0, Math.ceil(ms)), MAX_WAIT_MS);
}
