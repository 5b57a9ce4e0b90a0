import { scoreOutput } from "../compare/compare.ts";
import type { FieldRules } from "../compare/field_rules.ts";
import type { FieldError, ScoreDetail } from "../compare/output_score.ts";
import {
  MAX_OUTPUT_CHARACTERS,
  parseOutput,
  storableText,
} from "../models/answers/parse_output.ts";
import type { JsonObject, JsonValue } from "../platform/json/json_value.ts";
import { dropAbsentNulls } from "./absent_nulls.ts";

/** Right answer to one image, with all that is needed to compare other answers with it. */
export interface AnswerKey {
  /** The right answer. */
  readonly expected: JsonValue;
  /** The JSON schema the answer was asked in, which tells it from other JSON in the text. */
  readonly schema: JsonObject;
  /** Rules for comparing an answer with `expected`. */
  readonly rules: FieldRules;
}

/** All that scoring says of a run: the columns of `benchmark_runs` that a later scorer writes again. */
export interface AnswerScores<Kind extends string = string> {
  readonly output_json: JsonValue;
  readonly is_valid_json: boolean;
  readonly exact_match: boolean;
  /** 0 to 100. */
  readonly field_accuracy: number;
  readonly field_errors: readonly FieldError[];
  readonly score: ScoreDetail;
  /** Why there is no answer; null where there is one. */
  readonly error_kind: Kind | null;
  readonly error_message: string | null;
}

/**
 * Scores what a model wrote to the end. Without JSON in it, everything is missing. Null counts as absent
 * where the schema wants it so (see {@link dropAbsentNulls}).
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

/** Scores a call without a usable answer, whatever text it brought: everything is missing. */
export function scoreNothing<Kind extends string>(
  error_kind: Kind,
  message: string,
  key: AnswerKey,
): AnswerScores<Kind> {
  return { ...score(undefined, key), error_kind, error_message: storableText(message) };
}

/** An ended run as it is stored. */
export interface StoredAnswer {
  readonly raw_output: string;
  readonly error_kind: string | null;
  readonly error_message: string | null;
}

/**
 * Scores a stored answer again, as its run would have been scored today. How the answer ended is not
 * stored, but follows from the error kind: an answer without one, and one that only lacked JSON, was
 * written to the end; any other was refused, broken off or never given, and stays so.
 */
export function scoreStored(stored: StoredAnswer, key: AnswerKey): AnswerScores {
  const { raw_output, error_kind, error_message } = stored;
  // An answer of this length may have been cut when it was stored: what was cut off is not known.
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
