import { writeJson } from "../platform/json/lossless_json.ts";
import type { ModelSummary } from "./model_summary.ts";
import type { ReportRun } from "./report_run.ts";
import type { ErrorPattern, FieldErrorSummary } from "./report_summary.ts";

/** Smallest percentage of a model's runs in which a mistake is a pattern. */
const LEAST_PERCENTAGE = 10;

/**
 * Counts the different mistakes in `runs`, by field, expected and actual value. The most frequent
 * come first, equals sorted by field. Values that only have another format come last.
 */
export function getModelFieldErrors(
  runs: readonly Pick<ReportRun, "field_errors">[],
): FieldErrorSummary[] {
  const summaries = new Map<string, FieldErrorSummary>();
  for (const { field_errors } of runs) {
    for (const error of field_errors ?? []) {
      // In lists, because an absent value is not null.
      const values = [error.expected, error.actual].map((value) =>
        value === undefined ? [] : [value]
      );
      const key = writeJson([error.fieldPath, values, error.formatOnly === true]);
      const known = summaries.get(key);
      if (known === undefined) summaries.set(key, { ...error, occurrences: 1, percentage: 0 });
      else known.occurrences++;
    }
  }
  // By key before the sort, so that the order of the runs makes no difference.
  const found = [...summaries].sort(([one], [other]) => one < other ? -1 : 1)
    .map(([, summary]) => summary);
  for (const summary of found) summary.percentage = (100 * summary.occurrences) / runs.length;
  return found.sort((one, other) =>
    Number(one.formatOnly === true) - Number(other.formatOnly === true) ||
    other.occurrences - one.occurrences || compareText(one.fieldPath, other.fieldPath)
  );
}

/**
 * Returns the fields that each model gets wrong in at least 10 % of its runs, with its most frequent
 * mistake there. They are sorted by occurrences, then by percentage. Values that only have another
 * format are patterns of their own, after all mistakes.
 */
export function aggregateErrorPatterns(
  models: readonly Pick<ModelSummary, "modelId" | "modelName">[],
  runsByModel: ReadonlyMap<string, readonly Pick<ReportRun, "field_errors">[]>,
): ErrorPattern[] {
  return models.flatMap(({ modelId, modelName }) => {
    const runs = runsByModel.get(modelId) ?? [];
    const byField = Map.groupBy(
      getModelFieldErrors(runs),
      ({ fieldPath, formatOnly }) => JSON.stringify([fieldPath, formatOnly === true]),
    );
    return [...byField.values()].flatMap((mistakes): ErrorPattern[] => {
      const occurrences = mistakes.reduce((total, mistake) => total + mistake.occurrences, 0);
      const percentage = (100 * occurrences) / runs.length;
      const [commonest] = mistakes;
      if (commonest === undefined || percentage < LEAST_PERCENTAGE) return [];
      return [{
        modelName,
        modelId,
        fieldPath: commonest.fieldPath,
        ...commonest.formatOnly === true ? { formatOnly: true } : {},
        occurrences,
        totalRuns: runs.length,
        percentage,
        ..."expected" in commonest ? { commonExpected: commonest.expected } : {},
        ..."actual" in commonest ? { commonActual: commonest.actual } : {},
      }];
    });
  }).sort((one, other) =>
    Number(one.formatOnly === true) - Number(other.formatOnly === true) ||
    other.occurrences - one.occurrences || other.percentage - one.percentage ||
    compareText(one.modelId, other.modelId) || compareText(one.fieldPath, other.fieldPath)
  );
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
