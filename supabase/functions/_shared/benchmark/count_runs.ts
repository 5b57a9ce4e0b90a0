/** Part of a completed run that shows whose answer it is. */
export interface CompletedRun {
  readonly error_kind: string | null;
  /** True if a model other than the requested one answered. */
  readonly served_other: boolean;
}

/**
 * Returns the completed runs of a model that count: those that it answered itself, or those of
 * another model if at least half of the answers are the other's. If every run was rejected, none
 * counts: the rejections show that prompt, schema or images do not fit the model, not how well it
 * reads. `areOfAnother` is true if another model gave the answers that count.
 */
export function countRuns<Run extends CompletedRun>(completed: readonly Run[]) {
  const own = completed.filter(({ served_other }) => !served_other);
  const others = completed.filter(({ served_other }) => served_other);
  const areOfAnother = countAnswers(others) > 0 && countAnswers(others) >= countAnswers(own);
  const runs = areOfAnother ? others : own;
  return { runs: countAnswers(runs) > 0 ? runs : [], areOfAnother };
}

function countAnswers(runs: readonly CompletedRun[]): number {
  return runs.filter(({ error_kind }) => error_kind !== "rejected").length;
}

/** Returns the accuracies of runs by image, 0 to 100. A run without an accuracy scores 0. */
export function scoresByImage(
  runs: readonly { readonly image_index: number; readonly field_accuracy: number | null }[],
): Map<number, number[]> {
  return new Map(
    [...Map.groupBy(runs, ({ image_index }) => image_index)]
      .map(([image, own]) => [image, own.map(({ field_accuracy }) => field_accuracy ?? 0)]),
  );
}
