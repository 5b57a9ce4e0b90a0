import { mean, median, sampleStandardDeviation } from "simple-statistics";
import type { SnapshotModel } from "../benchmark/config.ts";
import type { FieldErrorSummary, ModelSummary, ReportRun } from "./report_types.ts";

/** What a summary says of a model beside its numbers. */
export type NamedModel = Pick<SnapshotModel, "id" | "name" | "provider" | "tier">;

/**
 * One summary for each of `models`, runs or none, and for each model that only the runs name; the
 * most accurate first, those without a completed run last, equals by id.
 */
export function summarizeRuns(
  models: readonly NamedModel[],
  runs: readonly ReportRun[],
): ModelSummary[] {
  const runsByModel = new Map<string, ReportRun[]>(models.map(({ id }) => [id, []]));
  for (const run of runs) {
    const known = runsByModel.get(run.model_id);
    if (known === undefined) runsByModel.set(run.model_id, [run]);
    else known.push(run);
  }
  const named = new Map(models.map((model) => [model.id, model]));
  return [...runsByModel]
    .map(([id, ownRuns]) => summarizeModel(named.get(id) ?? nameless(id), ownRuns))
    .sort((one, other) =>
      (other.accuracy ?? -1) - (one.accuracy ?? -1) || (one.modelId < other.modelId ? -1 : 1)
    );
}

/**
 * Every different mistake in `runs` (by field, expected and actual value) with how often it was made,
 * the commonest first, equals by field.
 */
export function getModelFieldErrors(runs: readonly ReportRun[]): FieldErrorSummary[] {
  const summaries = new Map<string, FieldErrorSummary>();
  for (const { field_errors } of runs) {
    for (const error of field_errors ?? []) {
      // In lists, for an absent value is not null.
      const values = [error.expected, error.actual].map((value) =>
        value === undefined ? [] : [value]
      );
      const key = JSON.stringify([error.fieldPath, values]);
      const known = summaries.get(key);
      if (known === undefined) summaries.set(key, { ...error, occurrences: 1, percentage: 0 });
      else known.occurrences++;
    }
  }
  const found = [...summaries.values()];
  for (const summary of found) summary.percentage = (100 * summary.occurrences) / runs.length;
  return found.sort((one, other) =>
    other.occurrences - one.occurrences ||
    (one.fieldPath < other.fieldPath ? -1 : one.fieldPath > other.fieldPath ? 1 : 0)
  );
}

function nameless(id: string): Omit<NamedModel, "tier"> & { tier: string } {
  return { id, name: id, provider: "unknown", tier: "unknown" };
}

function summarizeModel(
  model: ReturnType<typeof nameless>,
  runs: readonly ReportRun[],
): ModelSummary {
  const completed = runs.filter(({ status }) => status === "complete");
  const accuracies = completed.map(({ field_accuracy }) => field_accuracy ?? 0);
  const exact = completed.filter(({ exact_match }) => exact_match === true).length;
  const costs = present(completed.map(({ actual_cost }) => actual_cost));
  const latencies = present(completed.map(({ response_time_ms }) => response_time_ms));
  return {
    modelId: model.id,
    modelName: model.name,
    provider: model.provider,
    tier: model.tier,
    accuracy: over(accuracies, mean),
    exactMatchRate: over(completed, ({ length }) => (100 * exact) / length),
    costPerRun: over(costs, mean),
    medianLatency: over(latencies, median),
    p95Latency: over(latencies, percentile95),
    spread: accuracies.length < 2 ? null : sampleStandardDeviation(accuracies),
    runsCompleted: completed.length,
    runsAttempted: completed.length + runs.filter(({ status }) => status === "failed").length,
  };
}

function over<T>(values: T[], statistic: (values: T[]) => number): number | null {
  return values.length === 0 ? null : statistic(values);
}

function present(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

/** Whole numbers until the division: 0.95 n can come out a hair above the integer that it is. */
function percentile95(values: number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.ceil((95 * sorted.length) / 100) - 1] ?? NaN;
}
