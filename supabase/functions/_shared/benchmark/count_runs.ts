/** A completed run, as far as it tells whose answer it is. */
export interface CompletedRun {
  readonly error_kind: string | null;
  /** True if a model other than the requested one answered. */
  readonly served_other: boolean;
}

/** The runs that a model's figures are made of. */
export interface CountedRuns<Run> {
  readonly runs: readonly Run[];
  /** True if another model gave these answers. They say nothing about the requested model. */
  readonly areOfAnother: boolean;
}

/**
 * Returns which of a model's completed runs count: those that it answered itself, or, where at least
 * half of the answers are another model's, those of the other. A model whose every run was rejected
 * has none: that says that prompt, schema or images do not fit it, not how well it reads.
 */
export function countRuns<Run extends CompletedRun>(completed: readonly Run[]): CountedRuns<Run> {
  const own = completed.filter(({ served_other }) => !served_other);
  const others = completed.filter(({ served_other }) => served_other);
  const areOfAnother = countAnswers(others) > 0 && countAnswers(others) >= countAnswers(own);
  const runs = areOfAnother ? others : own;
  return { runs: countAnswers(runs) > 0 ? runs : [], areOfAnother };
}

function countAnswers(runs: readonly CompletedRun[]): number {
  return runs.filter(({ error_kind }) => error_kind !== "rejected").length;
}
