import { readHeadline } from "./read_cause.ts";
import { stripColours } from "./strip_colours.ts";

/**
 * Version of the rules below and of the parts of a fingerprint. It goes into each fingerprint and is
 * stored beside it. Increase it with every change of a rule, so that old and new fingerprints differ.
 */
export const FINGERPRINT_VERSION = 2;

const MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]{0,6}";
const CLOCK = String
  .raw`\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:\s?[ap]\.?m\b\.?)?(?:\s?(?:Z\b|UTC\b|GMT\b|CES?T\b|[ECMP][SD]T\b)?(?:\s?[+-]\d{2}:?\d{2}\b)?)(?:\s\([A-Z][a-z]+ [\w ]{3,50}\))?`;
/** Answers of HTTP servers. 1xx and 300 are left out: they are more often plain numbers. */
const STATUS = "(?:20[0-6]|30[1-478]|40\\d|41[0-8]|42[1-9]|431|451|50[0-8]|511|52\\d)";
/** Ports that name a service: mail, databases, caches, queues. Others are chosen by chance. */
const PORT = "(?:1025|1433|1521|2181|3306|4222|5432|5672|6379|8025|9092|9200|11211|15672|27017)";
/** A port that is masked with its host. */
const ANY_PORT = String.raw`(?::(?!${PORT}\b)\d+)?`;
/** A segment of a path. */
const SEGMENT = String.raw`[^\s/\\:*?"'<>|,;(){}\[\]]+`;

/**
 * Patterns, tried in this order at each position of the text, with the mask that replaces a match.
 * `null` keeps the match, because it tells one cause from another. Those without "cased" ignore case.
 */
const RULES: readonly (readonly [mask: string | null, pattern: string, cased?: "cased"])[] = [
  ["<url>", String.raw`\b[a-z][a-z0-9+.-]{1,20}://[^\s"'<>)\]}]+`],
  // Identity hashes of Java, before e-mail addresses.
  ["@<hash>", String.raw`(?<=[\w$\];])@[0-9a-f]{5,16}\b(?![\w-]*\.\w)`],
  ["<email>", String.raw`(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+`],

  // Codes: 404 and 500 are different failures.
  [null, String.raw`\bSQLSTATE\W{0,3}[0-9A-Z]{5}\b`],
  [null, String.raw`\b(?:error |err)?code\W{1,4}(?:[0-9][0-9A-Z]{4}|-?\d{1,5})\b`],
  [
    null,
    String
      .raw`\b(?:HTTP(?:/[\d.]+)?|status(?:[ _]?code)?|code|response|returned|got)\W{1,4}[1-5]\d\d\b`,
  ],
  [
    null,
    String
      .raw`\b[1-5]\d\d (?=(?:OK|Created|Moved|Found|Bad|Unauthorized|Payment|Forbidden|Not|Method|Request|Conflict|Gone|Too|Unprocessable|Internal|Service|Gateway|Server|Client)\b)`,
  ],
  // Expected and actual status: both are such, and only words or signs stand between them.
  [null, String.raw`\b${STATUS}\b(?=[^\d\n]{1,60}\b${STATUS}\b)`],
  [null, String.raw`\b${STATUS}\b(?<=\b${STATUS}\b[^\d\n]{1,60}\b${STATUS})`],
  [
    null,
    String
      .raw`\b(?:errno|exit(?:ed)?(?: with)?(?: code| status)?|exit(?:code|status)|signal|msg|error)\W{1,3}-?\d{1,5}\b(?![.:]\d)`,
  ],
  [
    null,
    String.raw`\b(?:ORA|TNS|PLS|SQL|DB2|CWE|CVE|HHH|ISO|RFC|KB|HV|JBAS)-?\d{2,6}[A-Z]?\b`,
    "cased",
  ],
  // TS2345, E0308, CS0103, P2002, PGRST116: where a code stands, as any such word may be an id.
  [null, String.raw`\b(?:[Ee]rror|[Ww]arning|[Ee]rr)\W{1,3}[A-Z]{1,6}\d{2,6}\b`, "cased"],
  [null, String.raw`\b[A-Z]{1,6}\d{3,6}(?=[:\])])`, "cased"],
  [null, String.raw`\b0x(?:8[0-9a-f]{7}|c0000[0-9a-f]{3})\b`],
  // Words with digits that are names.
  [
    null,
    String
      .raw`\b(?:utf-?\d+|sha-?\d+|md[45]|crc\d+|base\d+|(?:u?int|float|double|decimal|num|bool|char|vec|mat)\d+(?:_t)?|[iuf](?:8|16|32|64|128)|x86(?:_64)?|x64|x509|(?:arm|amd|win|wasm)\d+|h[1-6]|s3|ec2|k8s|oauth2?|http[123]|ipv[46]|log4j2?|neo4j|es\d{1,4}|mp[34]|h26[45]|p\d{2}|i18n|l10n|a11y|e2e|b2b|latin1|iso8859|cp125\d|tls1|level\d)\b`,
  ],

  [null, String.raw`(?<=[\w.\]>]):${PORT}\b(?![:\d])`],
  ["<uuid>", String.raw`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`],
  [
    "<date>",
    String
      .raw`\b\d{4}-\d{2}-\d{2}(?:[T _]\d{2}[:.-]\d{2}(?:[:.-]\d{2}(?:[.,]\d+)?)?\s?(?:Z\b|UTC\b|[+-]\d{2}:?\d{2}\b)?)?`,
  ],
  ["<date>", String.raw`\b\d{4}/\d{1,2}/\d{1,2}\b`],
  ["<date>", String.raw`\b(?:19|20)\d{6}T\d{4,6}(?:[.,]\d+)?Z?\b`],
  ["<date>", String.raw`\b\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})\b(?![./]\d)`],
  [
    "<date>",
    String
      .raw`(?:\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,?\s+)?(?:\b\d{1,2}(?:st|nd|rd|th)?[ /-]${MONTH}\.?[ ,/-]+\d{2,4}\b|\b${MONTH}\.?\s+\d{1,2}(?:st|nd|rd|th)?(?:,?\s+\d{4}\b|(?=\s+\d{1,2}:\d{2})))`,
  ],
  ["<date>", String.raw`\b(?:GMT|UTC)[+-]\d{1,4}\b(?:\s\([^)]{3,60}\))?`],
  ["<host>", String.raw`\b\d{1,3}(?:\.\d{1,3}){3}${ANY_PORT}\b`],
  ["<host>", String.raw`\b(?:[0-9a-f]{1,4}:){4,7}[0-9a-f]{1,4}\b`],
  ["<host>", String.raw`\[(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\]${ANY_PORT}`],
  ["<host>", String.raw`(?<![\w:])::(?:1${ANY_PORT}|:(?!${PORT}\b)\d+)\b`],
  ["<date>", String.raw`\b${CLOCK}(?![\w:])`],
  ["<date>", String.raw`\b\d{1,2}\s?[ap]\.?m\b`],
  [
    "<host>",
    String
      .raw`(?<![\w.-])(?:localhost|(?:[a-z0-9-]+\.)+(?:com|net|org|io|dev|app|co|ai|local|internal|example|test|invalid)):(?!${PORT}\b)\d+\b`,
  ],
  [
    "<host>",
    String
      .raw`(?<![\w.-])(?:localhost\b|(?:[a-z0-9-]+\.)+(?:com|net|org|io|dev|app|ai|local|internal|example|invalid)\b(?![\w(./]))`,
  ],

  // Folders: temporary ones whole, as pytest names them after tests; homes and checkouts of CI but
  // for the last folder. Names of files stay.
  [
    "<tmp>/",
    String
      .raw`(?<![\w.])(?:[a-z]:)?(?:(?:/private)?/var/folders|(?:/private)?(?:/var|/usr)?/te?mp|/dev/shm|/run/user/\d+|[/\\]users[/\\]${SEGMENT}[/\\]appdata[/\\]local[/\\]te?mp|[/\\]a[/\\]_temp|[/\\]windows[/\\]temp)[/\\]+(?:${SEGMENT}[/\\]+){0,40}`,
  ],
  [
    "<home>/",
    String
      .raw`(?<![\w.])(?:(?:[a-z]:)?[/\\]+(?:home|users|documents and settings)[/\\]+${SEGMENT}|/root|/builds|/github/workspace|/__w|/workspaces?|/var/lib/jenkins/workspace|/opt/(?:actions-runner|hostedtoolcache|atlassian)|[a-z]:\\a|~)[/\\]+(?:${SEGMENT}[/\\]+){0,40}?(?=(?:${SEGMENT}[/\\]+)?${SEGMENT}(?![^\s:*?"'<>|,;(){}\[\]]))`,
  ],
  ["<id>", String.raw`(?<=\btmp|\btemp-|\btmp-|\btmp_)[a-z0-9_]{6,10}\b`, "cased"],
  ["<id>", String.raw`(?<=\w[.-])(?=\w*[A-Z])(?=\w*\d)(?=\w*[a-z])\w{6,12}\b`, "cased"],

  // Tokens, ULIDs, nanoids, ids of containers and pods.
  ["<token>", String.raw`\beyJ[\w-]+(?:\.[\w-]*)*`],
  [
    "<token>",
    String
      .raw`\b(?:(?:sk|pk|rk|sb|whsec|gh[opsu]|github_pat|xox[abp]|glpat|npm)[-_](?:\w{2,12}[-_])?[\w-]{8,}|(?:AKIA|ASIA)[0-9A-Z]{12,})\b`,
  ],
  [
    "<id>",
    String.raw`\b[a-z]{2,8}_(?=[a-zA-Z]*\d)(?=[a-z0-9]*[A-Z])[0-9A-Za-z]{8,}\b`,
    "cased",
  ],
  ["<id>", String.raw`(?<=[a-z0-9]-)(?=[0-9a-z]*\d)[0-9a-z]{8,10}-[0-9a-z]{5}\b`],
  ["<hex>", String.raw`\b0x[0-9a-f]+\b`],
  ["<hash>", String.raw`(?<=\bObject (?:&|#|\(#))[0-9a-f]+`],
  // Both letters and digits are required: long words and numbers are no hashes.
  ["<hash>", String.raw`\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{7,128}\b`],
  ["<id>", String.raw`\b(?=[A-Z]*\d+[A-Z]+\d)[0-9A-Z]{10,32}\b`, "cased"],
  [
    "<id>",
    String
      .raw`\b(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[a-zA-Z_-]*\d+[a-zA-Z_-]+\d)[\w-]{10,64}(?![\w-])`,
    "cased",
  ],
  ["<id>", String.raw`\b(?=[a-z]*\d+[a-z]+\d+[a-z]+\d)[0-9a-z]{16,40}\b`, "cased"],

  [
    "<duration>",
    String
      .raw`\b(?:\d+h)?(?:\d+m)?\d+(?:[.,_]\d+)*\s?(?:ns|µs|μs|us|ms|msecs?|millis(?:econds)?|s|secs?|seconds?)\b`,
  ],
  // A minute is no second: long durations keep their unit.
  ["<n>", String.raw`\b\d+(?:[.,_]\d+)*(?=\s?(?:m|mins?|minutes?|h|hrs?|hours?|d|days?|weeks?)\b)`],
  ["<size>", String.raw`\b\d+(?:[.,_]\d+)*\s?(?:[kmgtp]i?b?|[kmgtp]?bytes?|b)\b`],
  ["<id>", String.raw`\b[A-Z]{1,2}-?\d+\b`, "cased"],
  ["<version>", String.raw`\bv?\d+\.\d+\.\d+(?:[-+][\w.]+)?\b`],
  ["<n>", String.raw`(?<![\w.])[+-]?\d+(?:[.,_]\d+)*(?:e[+-]?\d+)?(?:%|\b|(?=[a-z_]))`],
  ["<n>", String.raw`\d+(?:[.,_]\d+)*`],
];

/**
 * Values that a word before them tells to be identifiers, whatever they look like, with their masks. The
 * first group of a pattern is the word. They are separate because a look-behind at each position of a text
 * takes half as long as all {@link RULES}.
 */
const LABELLED: readonly (readonly [mask: string, pattern: RegExp])[] = [
  [
    "<id>",
    /(\b(?:request|req|trace|span|correlation|session|run|job|build|worker|thread|process|transaction|txn?|connection|message|event|order|user|tenant|invocation|execution)[-_ ]?id["']?\s?[:=]\s?["']?)[\w-]+/gi,
  ],
  [
    "<name>",
    /(\b(?:users?|usernames?|logins?|accounts?|customers?|tenants?|owners?|members?|author|hostname|pod|container)(?: named)?(?:\s?=\s?|\s))(?:"[^"\n]{1,80}"|'[^'\n]{1,80}'|(?<==)[\w@.-]+)/gi,
  ],
  [
    "<hash>",
    /(\b(?:commit|sha|revision|rev|digest|checksum|etag|blob|tree|image)[:= ]\s?["']?)[0-9a-f]{7,64}\b/gi,
  ],
  ["<token>", /(\b(?:bearer|basic) )[\w+/.=~-]{8,}/gi],
  // The value of a name or an id. Those of other attributes tell causes apart: field="price".
  [
    "<value>",
    /(\b(?:[a-z]{1,20}[-_])?(?:name|id|uuid|guid|email|token|session|password|secret|nonce|seed|hash|value)=)\s?(?:"(?:[^"\\\n]|\\.){0,2000}"|'(?:[^'\\\n]|\\.){0,2000}')/gi,
  ],
  ["<test>", /(\brunning )'[^'\n]{1,300}'/g],
];

const PATTERN = new RegExp(
  RULES.map(([, pattern, cased]) => `(${cased ? pattern : ignoreCase(pattern)})`).join("|"),
  "g",
);

/**
 * Makes a pattern's letters match in both cases. The flag would apply to all rules, and V8 13, that of the
 * hosted runtime, lets `(?-i:…)` apply to what follows the group as well.
 */
function ignoreCase(pattern: string): string {
  return pattern.replace(/\\.|\[(?:\\.|[^\]\\])*\]|[a-z]/gi, (token) => {
    if (token.startsWith("\\")) return token;
    if (!token.startsWith("[")) return `[${token.toLowerCase()}${token.toUpperCase()}]`;
    return token.replace(
      /\\.|[a-z](?:-[a-z])?/gi,
      (part) => part.startsWith("\\") ? part : part.toLowerCase() + part.toUpperCase(),
    );
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&#39;": "'",
  "&amp;": "&",
};

/**
 * Masks what differs between two occurrences of the same failure: addresses, ids, hashes, folders,
 * dates, durations, sizes and numbers. What tells causes apart is kept: HTTP statuses, SQLSTATEs, errno,
 * exit codes, signals, codes of compilers and databases, names of fields, quoted words.
 *
 * @example maskFailure("GET http://a/1 took 12 ms: HTTP 404") // "GET <url> took <duration>: HTTP 404"
 */
export function maskFailure(text: string): string {
  let plain = stripColours(text);
  if (plain.includes("&")) {
    plain = plain.replace(/&(?:lt|gt|quot|apos|#39|amp);/g, (found) => ENTITIES[found] ?? found);
  }
  // Digits of other scripts. The rule is off because the range is that of ASCII, control characters included.
  // deno-lint-ignore no-control-regex
  if (/[^\x00-\x7f]/.test(plain)) plain = plain.replace(/(?!\d)\p{Nd}/gu, "0");
  for (const [mask, pattern] of LABELLED) plain = plain.replace(pattern, `$1${mask}`);
  return plain.replace(PATTERN, (found: string, ...groups: unknown[]) => {
    const index = groups.findIndex((group) => group !== undefined);
    return RULES[index]?.[0] ?? found;
  })
    // Lists of any length, and a date with its time.
    .replace(/(<\w+>)(?:,\s*\1)+/g, "$1")
    .replace(/<date>(?:(?:[,:\s]|\bat\b)+<date>)+/g, "<date>");
}

/** Returns the line that says what failed, masked and with single spaces, see {@link readHeadline}. */
export function maskedFirstLine(text: string): string {
  return maskFailure(readHeadline(text).slice(0, 2000)).replace(/\s+/g, " ").trim();
}
