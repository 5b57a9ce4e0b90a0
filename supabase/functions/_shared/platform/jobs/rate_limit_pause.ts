import { MAX_WAIT_MS, readDuration } from "./retry_after.ts";

/**
 * Returns the milliseconds for which a provider that answered wants no further call: until the limit that
 * is used up is granted again. Null if something is left of every limit, or the headers name none.
 *
 * Reads `x-ratelimit-remaining-<what>` beside `x-ratelimit-reset-<what>` as OpenAI and Groq send them
 * (`requests`, `tokens`; `1m12.5s`), Cerebras (`tokens-minute`; seconds) and OpenRouter (no `<what>`;
 * milliseconds since 1970).
 *
 * @param nowMs milliseconds since 1970
 */
export function readRateLimitPause(
  headers: Iterable<readonly [string, string]>,
  nowMs: number,
): number | null {
  const limits = new Map<string, { remaining?: string; reset?: string }>();
  for (const [name, value] of headers) {
    const [, field, what = ""] = /^x-ratelimit-(remaining|reset)(.*)$/i.exec(name) ?? [];
    if (field === undefined) continue;
    const key = what.toLowerCase();
    limits.set(key, { ...limits.get(key), [field.toLowerCase()]: value });
  }
  let longest: number | null = null;
  for (const { remaining, reset } of limits.values()) {
    if (remaining === undefined || reset === undefined || Number(remaining) > 0) continue;
    const wait = readReset(reset.trim(), nowMs);
    if (wait !== null && wait > 0) longest = Math.max(longest ?? 0, wait);
  }
  return longest === null ? null : Math.min(Math.ceil(longest), MAX_WAIT_MS);
}

/** Smallest number that is a moment, in seconds since 1970, and no wait. */
const EARLIEST_MOMENT_S = 1_000_000_000;

function readReset(text: string, nowMs: number): number | null {
  if (/^\d+(\.\d+)?$/.test(text)) {
    const number = Number(text);
    if (number > EARLIEST_MOMENT_S * 1000) return number - nowMs;
    return number > EARLIEST_MOMENT_S ? number * 1000 - nowMs : number * 1000;
  }
  return readDuration(text);
}
