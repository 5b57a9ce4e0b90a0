import { mean, median, sampleStandardDeviation } from "simple-statistics";
import type { SnapshotModel } from "../benchmark/snapshot.ts";
import { countRuns, scoresByImage } from "../benchmark/count_runs.ts";
import { rateCounts } from "../compare/leaf_counts.ts";
import { parseContestant } from "../models/contestant.ts";
import { SCHEMA_REGIMES } from "../models/schemas/fit_schema.ts";
import { accuracyInterval, rateInterval } from "../statistics/accuracy_interval.ts";
import {
  bootstrapMean,
  bootstrapRank,
  type ImageValue,
  type Resamples,
} from "../statistics/bootstrap.ts";
import { listNames } from "./format_figures.ts";
import type { LeafFigures, ModelSummary } from "./model_summary.ts";
import type { ReportRun } from "./report_run.ts";
import { explainUnmeasured, listOutcomes } from "./run_outcomes.ts";

/** Name, provider and tier of a model. */
export type NamedModel = Pick<SnapshotModel, "id" | "name" | "provider" | "tier">;

/** With fewer calls than this, the 95th percentile is their maximum. */
const FEW_CALLS = 20;

/**
 * Summarizes the runs of each of `models`, and of each model that only the runs name. Ranked models
 * come first, the most accurate at the top and those without a counted run at the end. Unranked ones
 * follow. Equals are sorted by id.
 *
 * @param resamples Resamples of the report's images.
 */
export function summarizeRuns(
  models: readonly NamedModel[],
  runs: readonly ReportRun[],
  resamples: Resamples,
): ModelSummary[] {
  const runsByModel = Map.groupBy(runs, ({ model_id }) => model_id);
  const named = new Map(models.map((model) => [model.id, model]));
  return [...new Set([...named.keys(), ...runsByModel.keys()])]
    .map((id) =>
      summarizeModel(named.get(id) ?? nameless(id), runsByModel.get(id) ?? [], resamples)
    )
    .sort((one, other) =>
      Number(isUnranked(one)) - Number(isUnranked(other)) ||
      (other.accuracy ?? -1) - (one.accuracy ?? -1) || (one.modelId < other.modelId ? -1 : 1)
    );
}

/**
 * Tells whether the model is shown but neither ranked nor recommended. That is so if a race stopped
 * it or another model answered in its place.
 */
export function isUnranked({ stoppedAfterImages, isAnsweredByAnother }: ModelSummary): boolean {
  return stoppedAfterImages !== null || isAnsweredByAnother;
}

function nameless(id: string): Omit<NamedModel, "tier"> & { tier: string } {
  return { id, name: id, provider: "unknown", tier: "unknown" };
}

function summarizeModel(
  model: ReturnType<typeof nameless>,
  runs: readonly ReportRun[],
  resamples: Resamples,
): ModelSummary {
  const completed = runs.filter(({ status }) => status === "complete");
  const { runs: counted, areOfAnother } = countRuns(completed);
  const accuracies = counted.map(({ field_accuracy }) => field_accuracy ?? 0);
  const exact = counted.filter(({ exact_match }) => exact_match === true).length;
  const costs = present(counted, ({ actual_cost }) => actual_cost);
  const latencies = present(counted, ({ response_time_ms }) => response_time_ms);
  const times = latencies.map(({ value }) => value).sort((one, other) => one - other);
  const byImage = scoresByImage(counted);
  const images = byImage.size;
  const servedModels = listServed(runs);
  const outcomes = listOutcomes(runs, counted, servedModels);
  const { modelId: baseModelId, effort } = parseContestant(model.id);
  const failedBy = (kind: string) =>
    runs.filter(({ status, error_kind }) => status === "failed" && error_kind === kind).length;
  return {
    modelId: model.id,
    baseModelId,
    effort,
    modelName: areOfAnother
      ? `${model.name} (answered by ${listNames(listServed(counted))})`
      : model.name,
    provider: model.provider,
    tier: model.tier,
    accuracy: over(accuracies, mean),
    accuracyInterval: accuracyInterval([...byImage.values()]),
    leaves: summarizeLeaves(counted),
    exactMatchRate: over([...counted], ({ length }) => (100 * exact) / length),
    exactMatchInterval: images === 0 ? null : rateInterval(exact / counted.length, images),
    costPerRun: over(costs.map(({ value }) => value), mean),
    costInterval: bootstrapMean(costs, resamples),
    medianLatency: over(times, median),
    medianLatencyInterval: bootstrapRank(latencies, resamples, (count) => (count - 1) / 2),
    p95Latency: times[rankOfP95(times.length)] ?? null,
    p95LatencyInterval: bootstrapRank(latencies, resamples, rankOfP95),
    p95FromFewCalls: times.length < FEW_CALLS,
    spread: accuracies.length < 2 ? null : sampleStandardDeviation(accuracies),
    runsCompleted: counted.length,
    runsAttempted: completed.length + runs.filter(({ status }) => status === "failed").length,
    runsUnanswered: counted.filter(({ error_kind }) => error_kind !== null).length,
    runsLostToOutages: failedBy("outage"),
    runsCutByLimit: failedBy("cut_by_limit"),
    outputTokens: meanOf(counted, ({ output_tokens }) => output_tokens ?? null),
    reasoningTokens: meanOf(counted, ({ reasoning_tokens }) => reasoning_tokens ?? null),
    runsRejected: counted.length === 0 ? completed.length : 0,
    runsAnsweredByAnother: completed.filter(({ served_other }) => served_other).length,
    isAnsweredByAnother: areOfAnother,
    servedModels,
    outcomes,
    notMeasuredBecause: counted.length > 0 ? null : explainUnmeasured(outcomes, runs),
    schemaRegime:
      SCHEMA_REGIMES.findLast((regime) =>
        counted.some(({ schema_regime }) => schema_regime === regime)
      ) ?? null,
    imagesCompleted: images,
    stoppedAfterImages: runs.some(({ skip_reason }) => skip_reason === "race") ? images : null,
  };
}

function listServed(runs: readonly ReportRun[]): string[] {
  const names = runs.flatMap(({ served_other, served_model }) =>
    served_other && served_model !== null ? [served_model] : []
  );
  return [...new Set(names)].sort();
}

function summarizeLeaves(runs: readonly ReportRun[]): LeafFigures | null {
  const scores = runs.flatMap(({ score }) => score === null ? [] : [score]);
  if (scores.length === 0) return null;
  const rates = scores.map(({ relaxed }) => rateCounts(relaxed));
  return {
    recall: mean(rates.map(({ recall }) => recall)),
    precision: mean(rates.map(({ precision }) => precision)),
    f1: mean(rates.map(({ f1 }) => f1)),
    strictAccuracy: mean(scores.map(({ strict }) => rateCounts(strict).accuracy)),
    anls: mean(scores.map(({ anls }) => anls)),
    formatOnly: mean(scores.map(({ formatOnly }) => formatOnly)),
  };
}

function over<T>(values: T[], statistic: (values: T[]) => number): number | null {
  return values.length === 0 ? null : statistic(values);
}

/** Returns the mean of the known values; null if none is known. */
function meanOf(
  runs: readonly ReportRun[],
  read: (run: ReportRun) => number | null,
): number | null {
  return over(present(runs, read).map(({ value }) => value), mean);
}

function present(
  runs: readonly ReportRun[],
  read: (run: ReportRun) => number | null,
): ImageValue[] {
  return runs.flatMap((run) => {
    const value = read(run);
    return value === null ? [] : [{ image: run.image_index, value }];
  });
}

/**
 * Returns the rank of the 95th percentile, from 0. It multiplies whole numbers before it divides,
 * because 0.95 × count can be slightly above the integer that it should be.
 */
function rankOfP95(count: number): number {
  return Math.ceil((95 * count) / 100) - 1;
}
