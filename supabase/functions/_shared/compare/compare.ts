import type { JsonValue } from "../benchmark/json_value.ts";
import { type CompareMode, walkLeaves, writePath } from "./walk_leaves.ts";

export type { CompareMode } from "./walk_leaves.ts";

/**
 * One field that is not as expected.
 *
 * `expected` is absent where nothing was expected (an extra field), `actual` where nothing was given
 * (a missing field): absent, not null, since null is an answer.
 */
export interface FieldError {
  /** As `items[0].price`; `$` is the whole answer. */
  fieldPath: string;
  expected?: JsonValue;
  actual?: JsonValue;
}

/** What one answer is worth, as `benchmark_runs` keeps it. */
export interface OutputScore {
  /** Nothing wrong, missing or extra, strictly compared. */
  exactMatch: boolean;
  /** 0 to 100, relaxed; see {@link calculateFieldAccuracy}. */
  fieldAccuracy: number;
  /** What is wrong, missing or extra, relaxed; see {@link diffFields}. */
  fieldErrors: FieldError[];
}

/** Whether the two are the same JSON; the order of an object's keys does not count. */
export function compareStrict(expected: JsonValue, actual: JsonValue | undefined): boolean {
  return isAlike(expected, actual, "strict");
}

/**
 * Whether the two say the same: case, surrounding white space, numbers written as text, thousands
 * separators, equivalent dates and the kind of emptiness do not count. What could mean two things
 * is not guessed. See `same_value.ts`.
 */
export function compareRelaxed(expected: JsonValue, actual: JsonValue | undefined): boolean {
  return isAlike(expected, actual, "relaxed");
}

/**
 * The percentage, 0 to 100, of the expected leaf fields that the actual answer has right.
 *
 * Wrong, missing, null and wrongly typed fields are all simply not right. Extra fields do not lower
 * it, for it asks how much of what was wanted is there; they prevent an exact match and are listed
 * by {@link diffFields}. No answer (`undefined`) is 0.
 *
 * @example `calculateFieldAccuracy({ a: 1, b: 2 }, { a: 1, c: 3 }, "strict")` is `50`.
 */
export function calculateFieldAccuracy(
  expected: JsonValue,
  actual: JsonValue | undefined,
  mode: CompareMode,
): number {
  let correct = 0;
  let all = 0;
  walkLeaves(expected, actual, mode, ({ outcome }) => {
    if (outcome !== "extra") all++;
    if (outcome === "correct") correct++;
    return true;
  });
  return (100 * correct) / all;
}

/** Every field that is wrong, missing or extra, in the order of the expected answer. */
export function diffFields(
  expected: JsonValue,
  actual: JsonValue | undefined,
  mode: CompareMode,
): FieldError[] {
  return tallyFields(expected, actual, mode).errors;
}

/**
 * Scores a model's answer; `undefined` means that it gave no JSON.
 *
 * Accuracy is relaxed, since a total of `"1,234.50"` for 1234.5 was read correctly; exact match is
 * strict, since it says whether the answer can be used as it is.
 */
export function scoreOutput(expected: JsonValue, actual: JsonValue | undefined): OutputScore {
  const { correct, all, errors } = tallyFields(expected, actual, "relaxed");
  return {
    exactMatch: errors.length === 0 && compareStrict(expected, actual),
    fieldAccuracy: (100 * correct) / all,
    fieldErrors: errors,
  };
}

function tallyFields(
  expected: JsonValue,
  actual: JsonValue | undefined,
  mode: CompareMode,
): { correct: number; all: number; errors: FieldError[] } {
  const errors: FieldError[] = [];
  let correct = 0;
  let all = 0;
  walkLeaves(expected, actual, mode, (leaf) => {
    if (leaf.outcome !== "extra") all++;
    if (leaf.outcome === "correct") {
      correct++;
      return true;
    }
    const error: FieldError = { fieldPath: writePath(leaf.path) };
    if (leaf.expected !== undefined) error.expected = leaf.expected;
    if (leaf.actual !== undefined) error.actual = leaf.actual;
    errors.push(error);
    return true;
  });
  return { correct, all, errors };
}

function isAlike(
  expected: JsonValue,
  actual: JsonValue | undefined,
  mode: CompareMode,
): boolean {
  let alike = true;
  walkLeaves(expected, actual, mode, ({ outcome }) => {
    alike = outcome === "correct";
    return alike;
  });
  return alike;
}
