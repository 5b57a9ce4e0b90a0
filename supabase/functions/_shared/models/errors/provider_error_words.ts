import { readRateLimitPause } from "../../platform/jobs/rate_limit_pause.ts";
import { tryParseJson } from "../../platform/json/try_parse_json.ts";
import { splitWords } from "../../platform/split_words.ts";
import { readDuration, readRetryAfter, readSpokenWait } from "../../platform/jobs/retry_after.ts";

/** Contents of an error body, independent of its provider's format. */
export interface ErrorWords {
  /** Distinct sentences, outermost first. */
  readonly messages: readonly string[];
  /** Machine-readable words: codes, types, statuses, reasons; in lower case. */
  readonly codes: ReadonlySet<string>;
  /** Status in the body, such as OpenRouter's `code: 429`. */
  readonly status: number | null;
  /** Parameters at fault, by the provider's names. */
  readonly parameters: readonly string[];
  /** Milliseconds that the body asks to wait, or null. */
  readonly waitMs: number | null;
  /** Company behind an aggregator that wrote the error. */
  readonly upstream: string | null;
  /** Text that the model wrote and the provider did not accept as JSON. */
  readonly failedGeneration: string | null;
  /** True if a moderation error names the flagged input or its reasons. */
  readonly isFlagged: boolean;
  /** True if the body is a web page instead of an API's answer. */
  readonly isPage: boolean;
}

/** Deeper than any provider nests, JSON within strings included. */
const MAX_DEPTH = 8;
const MAX_NODES = 500;
const MAX_TEXT = 4_000;
/**
 * Characters of a page that are searched for scripts: unclosed ones take time by the square of its
 * length.
 */
const MAX_PAGE = 16_000;

/** Members whose texts are sentences, in the order in which they are read. */
const SENTENCE_KEYS = splitWords(`
  error message msg detail title error_description error_message faultstring description
`);
/** Members whose texts are codes. */
const CODE_KEYS = splitWords(`
  code type status reason __type error_code errorCode error_type @type quotaId quotaMetric
`);
/** Members to look into besides. */
const NESTED_KEYS = splitWords(`
  errors details metadata raw violations innererror inner_error fault Error
`);

/**
 * Reads an error's body: an object, Google's array, a plain string, a web page, FastAPI's `detail`,
 * or JSON within a string, as in OpenRouter's `metadata.raw`.
 *
 * @param nowMs Milliseconds since 1970, for limits that name a moment.
 */
export function readErrorWords(body: unknown, nowMs: number): ErrorWords {
  const messages: string[] = [];
  const codes = new Set<string>();
  const parameters: string[] = [];
  const waits: number[] = [];
  const found: {
    status: number | null;
    upstream: string | null;
    failedGeneration: string | null;
    isFlagged: boolean;
  } = { status: null, upstream: null, failedGeneration: null, isFlagged: false };
  let nodes = 0;

  const say = (text: string) => {
    const sentence = text.replace(/\s+/g, " ").trim().slice(0, MAX_TEXT);
    if (sentence !== "" && !messages.includes(sentence)) messages.push(sentence);
  };
  const walk = (value: unknown, depth: number): void => {
    if (depth > MAX_DEPTH || ++nodes > MAX_NODES) return;
    if (typeof value === "string") {
      const json = /^\s*[[{]/.test(value) ? tryParseJson(value) : undefined;
      if (json !== undefined) walk(json, depth + 1);
      else say(isPage(value) ? readPage(value) : value);
    } else if (Array.isArray(value)) {
      for (const item of value) walk(item, depth + 1);
    } else if (isObject(value)) {
      readObject(value, depth);
    }
  };
  const readObject = (value: Readonly<Record<string, unknown>>, depth: number): void => {
    for (const key of SENTENCE_KEYS) walk(value[key], depth + 1);
    for (const key of CODE_KEYS) {
      const code = value[key];
      if (isStatus(code)) found.status ??= Number(code);
      else if (typeof code === "string" && code !== "") {
        codes.add(code.toLowerCase());
        // xAI's codes are sentences.
        if (/\s/.test(code)) say(code);
      } else walk(isObject(code) ? code : undefined, depth + 1);
    }
    const parameter = typeof value["param"] === "string" ? value["param"] : rootName(value["loc"]);
    if (parameter !== null && parameter !== "") parameters.push(parameter);
    if (typeof value["retryDelay"] === "string") {
      const wait = readDuration(value["retryDelay"]);
      if (wait !== null) waits.push(wait);
    }
    if (typeof value["provider_name"] === "string") found.upstream ??= value["provider_name"];
    if (typeof value["failed_generation"] === "string") {
      found.failedGeneration ??= value["failed_generation"];
    }
    if (value["flagged_input"] != null || Array.isArray(value["reasons"])) found.isFlagged = true;
    const wait = waitInHeaders(value["headers"], nowMs);
    if (wait !== null) waits.push(wait);
    for (const key of NESTED_KEYS) walk(value[key], depth + 1);
  };
  walk(body, 0);

  for (const message of messages) {
    const wait = readSpokenWait(message);
    if (wait !== null) waits.push(wait);
  }
  return {
    messages,
    codes,
    parameters,
    ...found,
    waitMs: waits.length === 0 ? null : Math.ceil(Math.max(...waits)),
    isPage: typeof body === "string" && isPage(body),
  };
}

/** Words of Groq and OpenAI if the token limit ended the answer, or the thinking before it. */
const LIMIT_REACHED =
  /max[ _](completion[ _])?tokens (was |were )?reached|max_tokens or model output limit was reached/i;

/**
 * Returns the model's answer if an error holds it, with its ending; null for every other error.
 * Groq sends the answer with 400 if it does not fit the schema. OpenAI sends 400 without an answer
 * if thinking used up the limit.
 */
export function readAnswerInError(
  body: unknown,
): { readonly text: string; readonly ending: "stop" | "length" } | null {
  const { failedGeneration, messages } = readErrorWords(body, 0);
  const isCut = messages.some((message) => LIMIT_REACHED.test(message));
  if (failedGeneration === null) return isCut ? { text: "", ending: "length" } : null;
  return { text: failedGeneration, ending: isCut ? "length" : "stop" };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isStatus(code: unknown): boolean {
  if (typeof code !== "number" && typeof code !== "string") return false;
  return /^[45]\d\d$/.test(String(code));
}

function isPage(text: string): boolean {
  return /^\s*(<!doctype html|<html|<head|<body|<\?xml)/i.test(text);
}

/** Returns the title and the text of a web page, without scripts, styles and tags. */
function readPage(page: string): string {
  const html = page.slice(0, MAX_PAGE);
  const [, title] = /<title[^>]*>([^<]*)/i.exec(html) ?? [];
  const text = html.replace(/<(script|style)[\s\S]*?<\/\1>/gi, " ").replace(/<[^>]*>/g, " ");
  return `${title ?? ""} ${text}`.slice(0, MAX_TEXT);
}

/** Returns the parameter in FastAPI's location: `["body", "response_format", "json_schema"]`. */
function rootName(loc: unknown): string | null {
  if (!Array.isArray(loc)) return null;
  return loc.find((part) => typeof part === "string" && part !== "body") ?? null;
}

/** Reads the upstream's rate limit headers, which OpenRouter puts beside the error. */
function waitInHeaders(headers: unknown, nowMs: number): number | null {
  if (!isObject(headers)) return null;
  const named = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)] as const),
  );
  return readRetryAfter({ get: (name) => named.get(name) ?? null }, nowMs) ??
    readRateLimitPause(named, nowMs);
}
