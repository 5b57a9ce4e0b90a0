import type { ModelScores } from "../statistics/model_scores.ts";
import { decideRace, type RaceDecision } from "../statistics/race.ts";
import { type CompletedRun, countRuns, scoresByImage } from "./count_runs.ts";
import type { LoadedRace } from "./store.ts";

/**
 * Decides which models stop. The order in which runs ended or are listed makes no difference, so
 * that a repeated look decides the same.
 */
export function lookAtRace({ looks, look, accuracy_margin, models }: LoadedRace): RaceDecision {
  return decideRace(
    models.map(({ model_id, scores }): ModelScores => ({
      modelId: model_id,
      byImage: scoresByImage(sortScores(listOwn(scores))),
    })).sort((one, other) => one.modelId < other.modelId ? -1 : 1),
    { looks, look, margin: accuracy_margin },
  );
}

/** Leaves out answers of other models: no model stops, or stops another, because of them. */
function listOwn<Run extends CompletedRun>(scores: readonly Run[]): readonly Run[] {
  const { runs, areOfAnother } = countRuns(scores);
  return areOfAnother ? [] : runs;
}

/** Sorts scores, since the sum of floating-point numbers depends on their order. */
function sortScores(scores: LoadedRace["models"][number]["scores"]) {
  return scores.toSorted((one, other) =>
    one.image_index - other.image_index || one.field_accuracy - other.field_accuracy
  );
}
