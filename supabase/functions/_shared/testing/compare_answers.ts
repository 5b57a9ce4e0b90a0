import { type CompareMode, type FieldError, scoreOutput } from "../compare/compare.ts";
import { type FieldRules, NO_RULES } from "../compare/field_rules.ts";
import type { JsonValue } from "../platform/json/json_value.ts";

/**
 * Tells if the two are the same JSON; neither the order of an object's keys counts nor, unless
 * `rules` say so, that of an array's elements.
 */
export function compareStrict(
  expected: JsonValue,
  actual: JsonValue | undefined,
  rules: FieldRules = NO_RULES,
): boolean {
  return scoreOutput(expected, actual, rules).exactMatch;
}

/** Tells if the two say the same, however it is written; see `same_value.ts`. */
export function compareRelaxed(
  expected: JsonValue,
  actual: JsonValue | undefined,
  rules: FieldRules = NO_RULES,
): boolean {
  const { wrong, missing, extra } = scoreOutput(expected, actual, rules).detail.relaxed;
  return actual !== undefined && wrong + missing + extra === 0;
}

/** Returns every field that is wrong, missing or extra, in the order of the expected answer. */
export function diffFields(
  expected: JsonValue,
  actual: JsonValue | undefined,
  mode: CompareMode,
): FieldError[] {
  return scoreOutput(expected, actual).fieldErrors
    .filter(({ formatOnly }) => mode === "strict" || formatOnly !== true)
    .map(({ formatOnly: _, ...error }) => error);
}
