import {
  findJsonProblem,
  isJsonObject,
  JSON_LIMITS,
  type JsonLimits,
  type JsonObject,
  type JsonValue,
} from "../../platform/json/json_value.ts";
import { parseJson } from "../../platform/json/lossless_json.ts";
import {
  type AnswerShape,
  countShared,
  hasKind,
  isEchoedSchema,
  kindOf,
  shapeOf,
} from "./answer_shape.ts";
import { findJsonSpans, type JsonSpan } from "./find_json_spans.ts";
import { findReasoning, findReasoningTags } from "./find_reasoning.ts";

/**
 * Longest text that is read, in UTF-16 units: many times what the token limits let a model write.
 */
export const MAX_OUTPUT_CHARACTERS = JSON_LIMITS.characters;

/** Reason why a model's text holds no usable JSON. */
export type OutputProblem = "empty" | "too_large" | "no_json" | "out_of_bounds";

export type ParsedOutput =
  | { valid: true; value: JsonValue }
  | { valid: false; value: null; problem: OutputProblem };

/**
 * Finds the JSON that a model answered with.
 *
 * Takes the whole text if it is JSON. Otherwise chooses among the objects and arrays in prose and
 * code fences:
 * 1. Text that the model wrote while thinking aloud (`<think>`, `<reasoning>`, …) does not count.
 * 2. An echo of the schema does not count.
 * 3. Values of the type that `schema` asks for come before all others. Without a schema, objects
 *    and lists of objects come before lists of texts and numbers, such as citations.
 * 4. Each value's score is the number of the schema's properties that it has, less the properties
 *    that the schema does not have. The last value with more than half of the best score is taken:
 *    a model that corrects itself does so at the end, and a remark such as `{"confidence": 0.9}` is
 *    not a correction.
 *
 * A scalar counts only as the whole text, or as a whole code fence if there is nothing else.
 * Nothing is repaired: text with a trailing comma, a comment or `None`, or cut off at the token
 * limit, is not JSON, since a benchmark measures that too.
 *
 * A text longer than `limits.characters` is not read, and values beyond `limits` are out of bounds.
 * Text that PostgreSQL cannot store (U+0000 and unpaired surrogates) becomes U+FFFD.
 */
export function parseOutput(
  text: string,
  schema?: JsonObject,
  limits: JsonLimits = JSON_LIMITS,
): ParsedOutput {
  if (text.length > limits.characters) return invalid("too_large");
  const found = findAll(text);
  if (typeof found === "string") return invalid(found);
  const shape = schema === undefined ? null : shapeOf(schema);
  const value = found.isWhole ? found.values[0] : chooseAnswer(found.values, shape);
  if (value === undefined) return invalid("no_json");
  return findJsonProblem(value, limits) === null
    ? { valid: true, value }
    : invalid("out_of_bounds");
}

/** Lists the values that {@link parseOutput} chooses from, in the order of the text. */
export function listOutputs(text: string): JsonValue[] {
  if (text.length > MAX_OUTPUT_CHARACTERS) return [];
  const found = findAll(text);
  if (typeof found === "string") return [];
  return found.values.filter((json) => findJsonProblem(json) === null);
}

/** Returns `text` as PostgreSQL can store it: U+0000 and unpaired surrogates become U+FFFD. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}

/** Returns the message of a thrown value as text that Postgres can store. */
export function errorText(error: unknown): string {
  return storableText(error instanceof Error ? error.message : String(error));
}

function invalid(problem: OutputProblem): ParsedOutput {
  return { valid: false, value: null, problem };
}

/** Does the same as {@link storableText}, also for characters that JSON escapes. */
function storable(text: string): string {
  const plain = storableText(text);
  if (!plain.includes("\\u")) return plain;
  const escape =
    /\\(?:u(?:0000|[dD](?:([89abAB][\da-fA-F]{2})(\\u[dD][c-fC-F][\da-fA-F]{2})?|[c-fC-F][\da-fA-F]{2}))|.)/gs;
  return plain.replace(escape, (escaped, high?: string, low?: string) => {
    const isKept = low !== undefined || (high === undefined && !/^\\u(?:0000|d)/i.test(escaped));
    return isKept ? escaped : "\uFFFD";
  });
}

interface Found {
  readonly values: readonly JsonValue[];
  /** True if the one value is all of the text. */
  readonly isWhole: boolean;
}

function findAll(written: string): Found | OutputProblem {
  const text = storable(written).trim();
  const whole = parse(text);
  if (whole !== undefined) return { values: [whole], isWhole: true };

  const tags = findReasoningTags(text);
  const spans = findJsonSpans(text, tags.map(({ end }) => end));
  const reasoning = findReasoning(text, tags, spans);
  const thoughts = reasoning.filter(({ isClosed }) => isClosed);
  const rest = cutOut(text, thoughts).trim();
  if (rest === "") return "empty";
  const spoken = thoughts.length === 0 ? undefined : parse(rest);
  if (spoken !== undefined) return { values: [spoken], isWhole: true };

  const outside = leaveOut(spans, reasoning);
  // Thinking that is never closed may hold the answer if there is none outside it.
  const values = parseAll(
    (outside.length > 0 ? outside : leaveOut(spans, thoughts))
      .map(({ begin, end }) => text.slice(begin, end)),
  );
  return { values: values.length > 0 ? values : readFencedScalars(rest), isWhole: false };
}

function parse(text: string): JsonValue | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function parseAll(texts: readonly string[]): JsonValue[] {
  return texts.map(parse).filter((value) => value !== undefined);
}

/** Returns the spans that no region holds. Both are in order, and no two of either overlap. */
function leaveOut(spans: readonly JsonSpan[], regions: readonly JsonSpan[]): JsonSpan[] {
  let region = 0;
  return spans.filter(({ begin }) => {
    while ((regions[region]?.end ?? Infinity) <= begin) region++;
    return (regions[region]?.begin ?? Infinity) > begin;
  });
}

function cutOut(text: string, regions: readonly JsonSpan[]): string {
  let from = 0;
  const pieces = regions.map(({ begin, end }) => {
    const piece = text.slice(from, begin);
    from = end;
    return piece;
  });
  return [...pieces, text.slice(from)].join("");
}

const FENCE = /(```|~~~)[^\n`~]*\n(.*?)(?:\1|$)|^(```|~~~)(?:json)?([^`~]*)\3$/gs;

function readFencedScalars(text: string): JsonValue[] {
  const contents = Array.from(text.matchAll(FENCE), (fence) => fence[2] ?? fence[4] ?? "");
  return parseAll(contents).filter((value) => kindOf(value) === "scalar");
}

/** Ranks of JSON found in prose, best last. */
const SCHEMA = 0;
const SCALAR = 1;
const OTHER = 2;
const FITTING = 3;

function chooseAnswer(
  values: readonly JsonValue[],
  shape: AnswerShape | null,
): JsonValue | undefined {
  const ranked = values.flatMap((value) => {
    const rank = rankOf(value, shape);
    return rank === null ? [] : [{ value, rank }];
  });
  const best = ranked.reduce((most, { rank }) => Math.max(most, rank), SCHEMA);
  const likely = ranked.filter(({ rank }) => rank === best).map(({ value }) => ({
    value,
    shared: shape === null ? 0 : countShared(value, shape),
  }));
  const most = likely.reduce((most, { shared }) => Math.max(most, shared), 0);
  return likely.findLast(({ shared }) => most === 0 || shared > most / 2)?.value;
}

/** Ranks a value. Returns null if it is not the answer even if there is nothing else. */
function rankOf(value: JsonValue, shape: AnswerShape | null): number | null {
  const isSchema = isEchoedSchema(value, shape);
  const holdsObjects = Array.isArray(value)
    ? value.some((element) => kindOf(element) !== "scalar")
    : isJsonObject(value) && Object.keys(value).length > 0;
  if (shape === null || shape.kinds === null) {
    if (isSchema) return SCHEMA;
    return holdsObjects ? FITTING : kindOf(value) === "scalar" ? SCALAR : OTHER;
  }
  if (isSchema) return null;
  if (hasKind(value, shape)) return FITTING;
  return holdsObjects ? OTHER : null;
}
