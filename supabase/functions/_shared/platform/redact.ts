const REDACTED = "[redacted]";

/** Names whose values are always secret; `input_tokens` and the like are not. */
const SECRET_NAME =
  /(^|_)(authorization|api_?key|secret(_key)?|password|cookie|token|jwt|signature|credentials?)$/;

/** Patterns of our secrets inside a longer text, such as an upstream's error message. */
const SECRET_PATTERNS: readonly RegExp[] = [
  /\bsb_secret_[\w-]+/g,
  /\b[sr]k[-_](?:live|test|or|proj|ant)?[-_]?[\w-]{12,}/g,
  // Keys of accounts.
  /(?<![a-z\d])mp_[\w-]{16,}/gi,
  /\bwhsec_[\w+/=-]+/g,
  /\b(?:re|gsk|csk)_[\w-]{12,}/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g,
  /(?<=\bBearer\s)[\w.~+/=-]+/gi,
  /(?<=\w:\/\/[^\s:/@]*:)[^\s@/]+(?=@)/g,
  /(?<=[?&](?:token|apikey|signature)=)[^&\s"']+/gi,
];

const MAX_DEPTH = 6;
const MAX_ITEMS = 100;
const MAX_TEXT = 4000;

/** Shorter than this a "secret" would eat ordinary words. */
const MIN_SECRET = 6;

/**
 * Makes a function that copies a value for the log: `secrets`, what looks like one and what is
 * named like one are replaced; errors become objects with their causes; cycles, depth and length
 * are bounded, so that logging can neither throw nor flood.
 */
export function createRedactor(secrets: readonly string[]): (value: unknown) => unknown {
  const known = secrets.filter((secret) => secret.length >= MIN_SECRET);

  const text = (value: string): string => {
    let clean = value;
    for (const secret of known) clean = clean.replaceAll(secret, REDACTED);
    for (const pattern of SECRET_PATTERNS) clean = clean.replace(pattern, REDACTED);
    return clean.length > MAX_TEXT ? `${clean.slice(0, MAX_TEXT)}…` : clean;
  };

  const copy = (value: unknown, depth: number): unknown => {
    if (typeof value === "string") return text(value);
    if (typeof value === "bigint") return value.toString();
    if (typeof value === "function" || typeof value === "symbol") return undefined;
    if (typeof value !== "object" || value === null) return value;
    if (depth >= MAX_DEPTH) return "[deep]";
    if (value instanceof Date) return Number.isNaN(value.valueOf()) ? null : value.toISOString();
    if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
    if (value instanceof Error) return copy(describe(value), depth);
    if (Array.isArray(value)) {
      return value.slice(0, MAX_ITEMS).map((item) => copy(item, depth + 1));
    }
    const clean: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value).slice(0, MAX_ITEMS)) {
      clean[name] = isSecretName(name) && member !== null ? REDACTED : copy(member, depth + 1);
    }
    return clean;
  };

  return (value) => copy(value, 0);
}

function isSecretName(name: string): boolean {
  const snake = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replaceAll("-", "_").toLowerCase();
  return SECRET_NAME.test(snake);
}

/**
 * Returns the message and stack of an error and of its cause, but not its other members, which SDKs fill
 * with requests.
 */
function describe(error: Error): Record<string, unknown> {
  const { code } = error as Error & { readonly code?: unknown };
  return {
    name: error.name,
    message: error.message,
    ...(typeof code === "string" || typeof code === "number" ? { code } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: error.cause }),
  };
}
