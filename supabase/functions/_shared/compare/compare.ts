import type { JsonValue } from "../platform/json/json_value.ts";
import { scoreAnls } from "./anls.ts";
import { type FieldRules, NO_RULES } from "./field_rules.ts";
import { emptyCounts, type LeafCounts, rateCounts } from "./leaf_counts.ts";
import { writePath } from "./leaf_path.ts";
import type { FieldError, OutputScore } from "./output_score.ts";
import { type CompareMode, walkLeaves } from "./walk_leaves.ts";

export type { LeafCounts, LeafRates } from "./leaf_counts.ts";
export { rateCounts, sumCounts } from "./leaf_counts.ts";
export type { FieldError, OutputScore } from "./output_score.ts";
export type { CompareMode } from "./walk_leaves.ts";

/**
 * Returns the share of correct leaves among all expected and extra ones, 0 to 100: C / (C + W + M + X).
 * Wrong, missing, null and wrongly typed fields are equally not right, a near miss is wrong, and an
 * extra field costs as much as a missing one. No answer (`undefined`) is 0.
 *
 * @example `calculateFieldAccuracy({ a: 1, b: 2 }, { a: 1, c: 3 }, "strict")` is `33.33…`.
 */
export function calculateFieldAccuracy(
  expected: JsonValue,
  actual: JsonValue | undefined,
  mode: CompareMode,
  rules: FieldRules = NO_RULES,
): number {
  return accuracyOf(countLeaves(expected, actual, mode, rules), actual);
}

/** Counts the leaves that are correct, wrong, missing and extra; see {@link walkLeaves}. */
export function countLeaves(
  expected: JsonValue,
  actual: JsonValue | undefined,
  mode: CompareMode,
  rules: FieldRules = NO_RULES,
): LeafCounts {
  const counts = emptyCounts();
  walkLeaves(expected, actual, rules, {
    wantsPaths: false,
    visit(strict, relaxed) {
      const outcome = mode === "strict" ? strict : relaxed;
      if (outcome !== null) counts[outcome]++;
    },
  });
  return counts;
}

/**
 * Scores a model's answer. `undefined` means that it gave no JSON, and that every field is missing.
 *
 * Accuracy is relaxed, because a total of `"1,234.50"` for 1234.5 was read correctly. Exact match is
 * strict, because it tells whether the answer can be used unchanged.
 */
export function scoreOutput(
  expected: JsonValue,
  actual: JsonValue | undefined,
  rules: FieldRules = NO_RULES,
): OutputScore {
  const errors: FieldError[] = [];
  const strictCounts = emptyCounts();
  const relaxedCounts = emptyCounts();
  let formatOnly = 0;
  walkLeaves(expected, actual, rules, {
    wantsPaths: true,
    visit(strict, relaxed, path, expected, actual) {
      strictCounts[strict]++;
      if (relaxed !== null) relaxedCounts[relaxed]++;
      if (strict === "correct") return;
      const isFormatOnly = relaxed === "correct" || relaxed === null;
      if (isFormatOnly) formatOnly++;
      errors.push({
        fieldPath: writePath(path),
        ...expected === undefined ? {} : { expected },
        ...actual === undefined ? {} : { actual },
        ...isFormatOnly ? { formatOnly: true } : {},
      });
    },
  });
  const exactMatch = isPerfect(strictCounts, actual);
  return {
    exactMatch,
    fieldAccuracy: accuracyOf(relaxedCounts, actual),
    fieldErrors: errors,
    detail: {
      strict: strictCounts,
      relaxed: relaxedCounts,
      formatOnly,
      anls: exactMatch ? 100 : scoreAnls(expected, actual, rules),
    },
  };
}

function isPerfect(counts: LeafCounts, actual: JsonValue | undefined): boolean {
  return actual !== undefined && counts.wrong + counts.missing + counts.extra === 0;
}

/** Returns the accuracy. If every field is ignored, any answer scores 100 and no answer 0. */
function accuracyOf(counts: LeafCounts, actual: JsonValue | undefined): number {
  return actual === undefined ? 0 : rateCounts(counts).accuracy;
}
