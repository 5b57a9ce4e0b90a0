import { MAX_MESSAGE } from "./report_model.ts";

/** A number of seconds as runners write it, grouped with commas or not; null where it is none. */
export function readSeconds(text: string | undefined): number | null {
  if (text === undefined || text.trim() === "") return null;
  const value = Number(text.replaceAll(",", ""));
  return Number.isFinite(value) && value >= 0 && value < 1e7 ? value : null;
}

/** A line number; null where it is none. */
export function readLine(text: string | undefined): number | null {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 && value < 2 ** 31 ? value : null;
}

/** An instant as ISO 8601; without an offset it is taken as UTC. Null where it is none. */
export function readTimestamp(text: string | undefined): string | null {
  if (text === undefined || !/^\d{4}-\d{2}-\d{2}/.test(text.trim())) return null;
  const trimmed = text.trim().replace(" ", "T");
  const hasOffset = /(Z|[+-]\d{2}:?\d{2})$/i.test(trimmed);
  const time = Date.parse(hasOffset || !trimmed.includes("T") ? trimmed : `${trimmed}Z`);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** What Postgres cannot hold is replaced, and what nobody reads to the end is cut. */
export function cleanMessage(text: string): string | null {
  const clean = text.replaceAll("\0", "\uFFFD").trim();
  if (clean === "") return null;
  return clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE)}…` : clean;
}

/** The class that an error's text begins with, as in `TypeError: …` or `java.lang.Error: …`. */
export function findErrorClass(text: string | null): string | null {
  const match =
    /^(?:Uncaught\s+(?:\(in promise\)\s+)?)?((?:[\w$]+\.)*[A-Z][\w$]*(?:Error|Exception|Failure|Failed|Timeout|Warning))\b/
      .exec(text?.trimStart() ?? "");
  return match?.[1] ?? null;
}
