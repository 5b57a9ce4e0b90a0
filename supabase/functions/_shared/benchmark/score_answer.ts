import { scoreOutput } from "../compare/compare.ts";
import type { FieldRules } from "../compare/field_rules.ts";
import {
  MAX_OUTPUT_CHARACTERS,
  parseOutput,
  storableText,
} from "../models/answers/parse_output.ts";
import type { JsonObject, JsonValue } from "../platform/json/json_value.ts";
import { dropAbsentNulls } from "./absent_nulls.ts";
import type { AnswerScores } from "./run_result.ts";

/** Expected answer to one image, with the schema and rules to compare other answers with it. */
export interface AnswerKey {
  /** Expected answer. */
  readonly expected: JsonValue;
  /** JSON schema of the answer, which distinguishes it from other JSON in the text. */
  readonly schema: JsonObject;
  /** Rules for comparing an answer with `expected`. */
  readonly rules: FieldRules;
}

/**
 * Scores a text that a model wrote to the end. If it holds no JSON, every field is missing. Null
 * counts as absent if the schema requires it (see {@link dropAbsentNulls}).
 */
export function scoreText(text: string, key: AnswerKey): AnswerScores<"no_json"> {
  const parsed = parseOutput(text, key.schema);
  return parsed.valid
    ? {
      ...score(dropAbsentNulls(parsed.value, key.schema), key),
      output_json: parsed.value,
      error_kind: null,
      error_message: null,
    }
    : scoreNothing("no_json", "The answer is no JSON.", key);
}

/** Scores a call without a usable answer, whatever its text: every field is missing. */
export function scoreNothing<Kind extends string>(
  error_kind: Kind,
  message: string,
  key: AnswerKey,
): AnswerScores<Kind> {
  return { ...score(undefined, key), error_kind, error_message: storableText(message) };
}

/** Stored answer of an ended run. */
export interface StoredAnswer {
  readonly raw_output: string;
  readonly error_kind: string | null;
  readonly error_message: string | null;
}

/**
 * Scores a stored answer as its run would be scored today. The answer's ending is not stored but
 * follows from the error kind. An answer without an error kind, or with `no_json`, was written to
 * the end. Any other was refused, cut off or never given, and stays so.
 */
export function scoreStored(stored: StoredAnswer, key: AnswerKey): AnswerScores {
  const { raw_output, error_kind, error_message } = stored;
  // An answer of this length may have been cut when it was stored.
  const isWhole = raw_output.length < MAX_OUTPUT_CHARACTERS;
  if (error_kind === null || (error_kind === "no_json" && isWhole)) {
    return scoreText(raw_output, key);
  }
  return scoreNothing(error_kind, error_message ?? "", key);
}

function score(value: JsonValue | undefined, { expected, rules }: AnswerKey) {
  const { exactMatch, fieldAccuracy, fieldErrors, detail } = scoreOutput(expected, value, rules);
  return {
    output_json: value ?? null,
    is_valid_json: value !== undefined,
    exact_match: exactMatch,
    field_accuracy: fieldAccuracy,
    field_errors: fieldErrors,
    score: detail,
  };
}
