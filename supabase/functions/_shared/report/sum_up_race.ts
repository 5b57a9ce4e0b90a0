import type { SnapshotModel } from "../benchmark/snapshot.ts";
import type { ModelSummary } from "./model_summary.ts";
import type { ReportRun } from "./report_run.ts";
import type { RaceSaving } from "./report_summary.ts";

const SPARED = ["race", "race_won"];

/** Returns the number of images to be read, without those that a race spared all models. */
export function countImages(runs: readonly ReportRun[]): number {
  return new Set(
    runs.filter(({ skip_reason }) => !SPARED.includes(skip_reason ?? ""))
      .map(({ image_index }) => image_index),
  ).size;
}

/** Returns the calls that a race saved and their cost in USD; null if it saved none. */
export function sumUpRace(
  models: readonly Pick<ModelSummary, "modelId" | "costPerRun">[],
  named: readonly Pick<SnapshotModel, "id" | "estimated_cost">[],
  runs: readonly ReportRun[],
): RaceSaving | null {
  const spared = runs.filter(({ skip_reason }) => SPARED.includes(skip_reason ?? ""));
  if (spared.length === 0) return null;
  const savedUsd = [...Map.groupBy(spared, ({ model_id }) => model_id)].reduce(
    (total, [id, { length }]) =>
      total + length * (
          models.find(({ modelId }) => modelId === id)?.costPerRun ??
            named.find((model) => model.id === id)?.estimated_cost ?? 0
        ),
    0,
  );
  return { savedCalls: spared.length, allCalls: runs.length, savedUsd };
}
