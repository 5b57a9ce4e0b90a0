import { splitWords } from "../../platform/split_words.ts";
import type { RefusedParameter } from "../calls/model_call.ts";
import type { ErrorWords } from "./provider_error_words.ts";

/** Parameters of our requests that a provider may refuse. */
const PARAMETERS = splitWords(`
  max_completion_tokens max_output_tokens max_new_tokens max_tokens maxOutputTokens temperature
  top_p top_k seed frequency_penalty presence_penalty stop logprobs reasoning_effort reasoning
  verbosity stream_options usage provider
`);
const NAMED_PARAMETER = new RegExp(String.raw`(?<![\w])(${PARAMETERS.join("|")})(?![\w])`, "i");
const LIMITS_OF_TOKENS = /^max_?(completion|output|new)?_?tokens$/i;
const WORDS_FOR_LIMIT = /max(imum)? tokens you requested|\b(output|completion|generated) tokens/i;
const PARAMETER_CODES = splitWords(`
  unsupported_parameter unsupported_value unknown_parameter unrecognized_parameter extra_forbidden
  invalid_value integer_above_max_value integer_below_min_value decimal_above_max_value
  decimal_below_min_value invalid_type wrong_api_format less_than_equal greater_than_equal
`);
const PARAMETER_WORDS =
  /(unsupported|unknown|unrecognized|unexpected|invalid|extra) (parameter|value|argument|name|field|inputs?|keyword|request argument|property|key)|not permitted|(not|n't|un)[ -]?supported|does ?n[o']t support|argument not supported|too (large|high|big)|at most|up to|can only|should be|exceeds|less than or equal|maximum|greater than|valid range|must be|out of range|deprecated|inclusive|mutually exclusive|cannot (both )?be (used|specified)|use '?max_/i;

/**
 * Finds the parameter that an error refuses, with the highest value that the provider allows.
 * Returns null if the error is about something else.
 */
export function findParameter(
  { codes, parameters }: ErrorWords,
  text: string,
  status: number,
): RefusedParameter | null {
  const isCoded = PARAMETER_CODES.some((code) => codes.has(code));
  if (!isCoded && !PARAMETER_WORDS.test(text)) return null;
  const given = parameters.find((name) => NAMED_PARAMETER.test(name));
  const name = given ?? quotedParameter(text);
  if (name === null) {
    // Not a parameter that we know, and not part of the prompt: still a parameter.
    const other = parameters.find((one) =>
      !/^(model|messages?|contents?|input|prompt)\b/.test(one)
    );
    if (other === undefined || !isCoded || status >= 500) return null;
    return { name: other, atMost: null, instead: null };
  }
  const [, instead = null] = /use ['"`]?(max_\w+)/i.exec(text) ?? [];
  return { name, atMost: readLimit(name, text), instead };
}

/**
 * Returns the tokens that the context leaves for an answer, 0 for none. Returns null if the
 * provider does not give the tokens of both context and input.
 */
export function roomForAnswer(text: string): number | null {
  const context = readNumber(
    text,
    /\+ ?[\d,]+ ?> ?([\d,]+)/,
    /context (?:length|window|limit)(?: of (?:this|the) model)?(?: is|:| of)?(?: only)? ?([\d,]+)/i,
    /must be (?:<=|less than or equal to) ?([\d,]+)/i,
  );
  const prompt = readNumber(
    text,
    /(?:prompt|request|input)s?[^.\n\d]{0,30}?(?:contains?|has|have)(?: at least)? ([\d,]+)/i,
    /([\d,]+) (?:in the messages|`?inputs?`? tokens|tokens? from the input)/i,
    /limit: ?([\d,]+) ?\+/i,
  ) ?? sumOfInputs(text);
  if (context === null || prompt === null) return null;
  return Math.max(0, context - prompt);
}

/** Adds OpenRouter's separate counts: `(7000 of text input, 900 of image input, …)`. */
function sumOfInputs(text: string): number | null {
  const parts = [...text.matchAll(/([\d,]+) of \w+ input/gi)];
  return parts.length === 0
    ? null
    : parts.reduce((sum, [, count = ""]) => sum + Number(count.replaceAll(",", "")), 0);
}

function quotedParameter(text: string): string | null {
  for (const [, quoted = ""] of text.matchAll(/['"`]([\w.]+)['"`]/g)) {
    if (NAMED_PARAMETER.test(quoted)) return quoted;
  }
  const [, given] =
    /\b(?:argument|parameter|property|field)s? [^:\n]{0,40}: ?['"`]?(\w+)/i.exec(text) ??
      /\b(?:argument|parameter|property|field)s? ['"`]?([a-z]+_[a-z_]+)/i.exec(text) ??
      /^(?!.*\b(?:image|vision|audio|video|multi-?modal|model)s?\b.* not supported)(?:the )?([\w -]{2,40}) (?:is|are) not supported (?:with|for|by|on) this model/im
        .exec(text) ??
      [];
  if (given !== undefined) return given;
  if (WORDS_FOR_LIMIT.test(text)) return NAMED_PARAMETER.exec(text)?.[1] ?? "max_tokens";
  const [, named] = NAMED_PARAMETER.exec(text) ?? [];
  // "reasoning", "stop", "usage" and "provider" are also plain words.
  if (named === undefined || /^(reasoning|stop|usage|provider)$/i.test(named)) return null;
  return named;
}

function readLimit(name: string, text: string): number | null {
  if (!LIMITS_OF_TOKENS.test(name)) {
    return readNumber(
      text,
      /(?:<=|at most|less than or equal to|maximum of) ?['"`]?([\d,.]+\d|\d)/i,
    );
  }
  const open = readNumber(text, /to ([\d,]+) \(exclusive\)/i);
  if (open !== null) return open - 1;
  return readNumber(
    text,
    /at most ['"`]?([\d,]+)/i,
    /(?:less than or equal to|<=|≤) ?['"`]?([\d,]+)/i,
    /range[^[\n]{0,40}\[ ?\d+ ?, ?([\d,]+) ?\]/i,
    /\d ?> ?([\d,]+)/,
    /only (?:generate|produce|write|support)s?[^\d\n]{0,30}?([\d,]{2,})/i,
    /\bmaximum\b[^\d\n]{0,60}?([\d,]{2,})/i,
    /\b(?:limit|up to|below|exceeds?)[^\d\n]{0,60}?([\d,]{2,})/i,
  );
}

/**
 * Reads the number that the first matching pattern captures, with commas between thousands; null if
 * there is none.
 */
export function readNumber(text: string, ...patterns: readonly RegExp[]): number | null {
  for (const pattern of patterns) {
    const number = Number(pattern.exec(text)?.[1]?.replaceAll(",", ""));
    if (Number.isFinite(number)) return number;
  }
  return null;
}
