import { storableText } from "../../models/answers/parse_output.ts";
import { MAX_MESSAGE, MAX_SECONDS } from "./report_model.ts";

/** Reads a number of seconds with a point or commas; null if the text is none or out of range. */
export function readSeconds(text: string | undefined): number | null {
  if (text === undefined || text.trim() === "") return null;
  const trimmed = text.trim().replace(/\s*(?:s|secs?|seconds?)$/i, "");
  // Commas are decimal in "0,5" (half a second) and group digits in "1,234.5" (20 minutes).
  const isGrouped = /^[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(trimmed);
  const value = Number(trimmed.replaceAll(",", isGrouped ? "" : "."));
  return value >= 0 && value <= MAX_SECONDS ? value : null;
}

/** Reads a line number; null if the text is none. */
export function readLine(text: string | undefined): number | null {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 && value < 2 ** 31 ? value : null;
}

/** Replaces characters that Postgres cannot store and cuts a message that is too long; null if it is blank. */
export function cleanMessage(text: string): string | null {
  const clean = storableText(text).trim();
  if (clean === "") return null;
  return clean.length > MAX_MESSAGE ? `${cutText(clean, MAX_MESSAGE)}…` : clean;
}

/** Cuts a text to at most `most` UTF-16 units without splitting a character. */
export function cutText(text: string, most: number): string {
  return text.slice(0, most).replace(/[\ud800-\udbff]$/, "");
}

/** Returns the class that an error's text begins with, as in `TypeError: …` or `java.lang.Error: …`. */
export function findErrorClass(text: string | null): string | null {
  const match =
    /^(?:Uncaught\s+(?:\(in promise\)\s+)?)?((?:[\w$]+\.)*[A-Z][\w$]*(?:Error|Exception|Failure|Failed|Timeout|Warning))\b/
      .exec(text?.trimStart() ?? "");
  return match?.[1] ?? null;
}
