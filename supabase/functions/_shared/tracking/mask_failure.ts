import { stripVTControlCharacters } from "node:util";

/**
 * Version of the rules below and of the parts of a fingerprint. It goes into each fingerprint and is
 * stored beside it. Increase it with every change of a rule, so that old and new fingerprints differ.
 */
export const FINGERPRINT_VERSION = 1;

/**
 * Patterns, tried in this order at each position of the text, with the mask that replaces a match.
 * `null` keeps the match, because it tells one cause from another.
 */
const RULES: readonly (readonly [mask: string | null, pattern: string])[] = [
  ["<url>", String.raw`\b[a-z][a-z0-9+.-]{1,20}://[^\s"'<>)\]}]+`],
  ["<email>", String.raw`[\w.+-]+@[\w-]+(?:\.[\w-]+)+`],
  // SQLSTATE and HTTP status: 404 and 500 are different failures.
  [null, String.raw`\bSQLSTATE\W{0,3}[0-9A-Z]{5}\b`],
  [null, String.raw`\bcode\W{1,4}[0-9][0-9A-Z]{4}\b`],
  [
    null,
    String
      .raw`\b(?:HTTP(?:/[\d.]+)?|status(?:[ _]?code)?|code|response|returned|got)\W{1,3}[1-5]\d\d\b`,
  ],
  [
    null,
    String
      .raw`\b[1-5]\d\d (?=(?:OK|Created|Moved|Found|Bad|Unauthorized|Payment|Forbidden|Not|Method|Request|Conflict|Gone|Too|Unprocessable|Internal|Service|Gateway|Server|Client)\b)`,
  ],
  ["<uuid>", String.raw`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`],
  [
    "<date>",
    String
      .raw`\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?`,
  ],
  ["<date>", String.raw`\b\d{1,2}[/.]\d{1,2}[/.]\d{2,4}\b`],
  ["<date>", String.raw`\b\d{2}:\d{2}:\d{2}(?:[.,]\d+)?\b`],
  ["<ip>", String.raw`\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b`],
  ["<ip>", String.raw`\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b`],
  ["<ip>", String.raw`\[(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\](?::\d+)?`],
  [
    "<host>",
    String
      .raw`\b(?:localhost|(?:[a-z0-9-]+\.)+(?:com|net|org|io|dev|app|co|ai|local|internal|example|test|invalid)):\d+\b`,
  ],
  [
    "<host>",
    String
      .raw`\blocalhost\b|\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|dev|app|ai|local|internal|example|invalid)\b(?![\w(])`,
  ],
  [
    "<duration>",
    String
      .raw`\b\d+(?:[.,]\d+)*\s?(?:ns|µs|us|ms|s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?|days?)\b`,
  ],
  ["<hex>", String.raw`\b0x[0-9a-f]+\b`],
  // Both letters and digits are required: long words and numbers are no hashes.
  ["<hash>", String.raw`\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,128}\b`],
  ["=<value>", String.raw`=\s*(?:"(?:[^"\\\n]|\\.){0,2000}"|'(?:[^'\\\n]|\\.){0,2000}')`],
  ["<n>", String.raw`(?<![a-z_])[+-]?\d+(?:[.,_]\d+)*(?:e[+-]?\d+)?(?![a-z_]*\w*_)`],
];

const PATTERN = new RegExp(RULES.map(([, pattern]) => `(${pattern})`).join("|"), "gi");

/**
 * Masks what differs between two occurrences of the same failure: addresses, ids, hashes, dates,
 * durations, numbers and quoted values after `=`. HTTP statuses and SQLSTATEs are kept.
 *
 * @example maskFailure("GET http://a/1 took 12 ms: HTTP 404") // "GET <url> took <duration>: HTTP 404"
 */
export function maskFailure(text: string): string {
  return stripVTControlCharacters(text).replace(PATTERN, (found: string, ...groups: unknown[]) => {
    const index = groups.findIndex((group) => group !== undefined);
    return RULES[index]?.[0] ?? found;
  });
}

/** Returns the first line that is not blank, masked and with single spaces. */
export function maskedFirstLine(text: string): string {
  const line = stripVTControlCharacters(text).split(/\r?\n/).find((line) => line.trim() !== "") ??
    "";
  return maskFailure(line.slice(0, 2000)).replace(/\s+/g, " ").trim();
}
