import { stripVTControlCharacters } from "node:util";

/** Colour codes whose escape character a writer or reader of reports has replaced, as pytest does. */
const REPLACED = /(?:\ufffd|#x1b|\\x1b|\\u001b|\\e|\u241b)\[[\d;?]*[a-z]/gi;
/** Colour codes that have lost it. */
const BARE = /\[(?:\d{1,2}(?:;\d{1,3})*)?m(?!\])/g;

/** Removes colour codes. Call it before control characters are replaced or removed. */
export function stripColours(text: string): string {
  const hasEscape = text.includes("\x1b") || text.includes("\u241b");
  if (!hasEscape && !/\[\d*[;m]|\x9b/.test(text)) return text;
  return stripVTControlCharacters(text).replace(REPLACED, "").replace(BARE, "").replaceAll(
    "\u241b",
    "",
  );
}
