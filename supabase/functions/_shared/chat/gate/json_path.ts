const STEP = String.raw`(?:\.(?:[\p{L}_][\p{L}\p{N}_]*|"[^"\\]*"|\*)|\[\s*(?:\*|\d+|last)\s*\])`;
const METHOD = String.raw`(?:\.(?:type|size|integer|string|datetime)\(\))`;
const ITEM = String.raw`@${STEP}*${METHOD}?`;
const LITERAL = String.raw`(?:-?\d+(?:\.\d+)?|"[^"\\]*"|true|false|null)`;
const CONDITION = [
  String.raw`${ITEM}\s*(?:==|!=|<>|<=|>=|<|>)\s*${LITERAL}`,
  String.raw`${ITEM}\s+starts\s+with\s+"[^"\\]*"`,
  // Without braces: a count in a pattern multiplies its parts.
  String.raw`${ITEM}\s+like_regex\s+"[^"\\{]*"(?:\s+flag\s+"i")?`,
  String.raw`exists\s*\(\s*${ITEM}\s*\)`,
].join("|");
const FILTER = String.raw`\s*\?\s*\(\s*(?:${CONDITION})(?:\s*(?:&&|\|\|)\s*(?:${CONDITION}))*\s*\)`;
const PATH = new RegExp(
  String.raw`^\s*(?:(?:lax|strict)\s+)?\$(?:${STEP}|${FILTER})*${METHOD}?\s*$`,
  "iu",
);

/**
 * Returns whether a JSON path finds each value of the document at most once. `**`, lists of subscripts
 * and `keyvalue()` multiply the result when they are repeated: 200 characters of them find more than
 * fits into memory. Arithmetic on long numbers is slow, and no timeout interrupts it;
 * `number()` makes 131,000 digits of the text "1e131000".
 */
export function isPlainJsonPath(path: string): boolean {
  return PATH.test(path);
}
