import { storableText } from "../models/answers/parse_output.ts";
import { MAX_MESSAGE, MAX_SECONDS } from "./report_model.ts";

/** A number of seconds as runners write it, with commas or without; null where it is none. */
export function readSeconds(text: string | undefined): number | null {
  if (text === undefined || text.trim() === "") return null;
  const trimmed = text.trim();
  // "0,5" is half a second where commas are decimal, "1,234.5" twenty minutes where they group.
  const isGrouped = /^[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(trimmed);
  const value = Number(trimmed.replaceAll(",", isGrouped ? "" : "."));
  return value >= 0 && value <= MAX_SECONDS ? value : null;
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
  const clean = storableText(text).trim();
  if (clean === "") return null;
  return clean.length > MAX_MESSAGE ? `${cutText(clean, MAX_MESSAGE)}…` : clean;
}

/** The beginning of a text, up to `most` UTF-16 units and no half character. */
export function cutText(text: string, most: number): string {
  return text.slice(0, most).replace(/[\ud800-\udbff]$/, "");
}

/** The class that an error's text begins with, as in `TypeError: …` or `java.lang.Error: …`. */
export function findErrorClass(text: string | null): string | null {
  const match =
    /^(?:Uncaught\s+(?:\(in promise\)\s+)?)?((?:[\w$]+\.)*[A-Z][\w$]*(?:Error|Exception|Failure|Failed|Timeout|Warning))\b/
      .exec(text?.trimStart() ?? "");
  return match?.[1] ?? null;
}
