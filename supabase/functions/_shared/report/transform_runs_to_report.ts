import { resampleImages } from "../statistics/bootstrap.ts";
import { compareModels } from "../statistics/compare_models.ts";
import { type ModelScores } from "../statistics/model_scores.ts";
import { describeHigherAccuracy, describeOutlook, explainChoice } from "./explain_choice.ts";
import { aggregateErrorPatterns, getModelFieldErrors } from "./field_errors.ts";
import { generateRationale } from "./generate_rationale.ts";
import { groupBy } from "./group_by.ts";
import { findFrontier, recommendModel } from "./recommend_model.ts";
import type { ModelSummary, ReportData, ReportRow, ReportRun } from "./report_types.ts";
import { hasStopped, summarizeRuns } from "./summarize_runs.ts";
import { sumUpRace } from "./sum_up_race.ts";

const MOST_FIELD_ERRORS = 20;
const MOST_ERROR_PATTERNS = 50;

/**
 * A report from its row and its runs, whether it has ended or not. What the row already says, as its
 * recommendation, stands; what it does not yet say comes from the runs. The same row and runs, in
 * any order, make the same report: random draws follow from the row's id.
 */
export function transformRunsToReport(report: ReportRow, runs: readonly ReportRun[]): ReportData {
  const { models: named, images, priorities } = report.config_snapshot;
  const imageCount = runs.reduce((most, run) => Math.max(most, run.image_index + 1), images.length);
  const models = summarizeRuns(named, runs, resampleImages(imageCount, report.id));
  const completed = runs.filter(({ status }) => status === "complete");
  // What stopped early was measured on other images than what ran on.
  const ranked = models.filter((model) => !hasStopped(model));
  const comparison = compareModels(scoresOf(ranked, runs));
  const recommended = recommendModel(ranked, priorities, comparison);
  return {
    models,
    fieldErrors: getModelFieldErrors(completed).slice(0, MOST_FIELD_ERRORS),
    errorPatterns: aggregateErrorPatterns(models, groupBy(completed, ({ model_id }) => model_id))
      .slice(0, MOST_ERROR_PATTERNS),
    comparison,
    paretoModelIds: findFrontier(ranked).map(({ modelId }) => modelId),
    reason: recommended && explainChoice(recommended, models, priorities, comparison),
    higherAccuracy: recommended && describeHigherAccuracy(recommended, ranked, comparison),
    outlook: recommended && describeOutlook(recommended, ranked, comparison),
    race: sumUpRace(models, named, runs),
    imageCount: images.length,
    modelCount: named.length,
    recommendedModelId: report.recommended_model ?? recommended?.modelId ?? null,
    totalApiCost: report.total_api_cost ??
      runs.reduce((total, { actual_cost }) => total + (actual_cost ?? 0), 0),
    rationale: report.rationale ??
      (recommended && generateRationale(recommended, ranked, priorities)),
    priorities,
    startedAt: report.started_at,
    completedAt: report.completed_at,
  };
}

/** What a caller would have got: a call that failed got nothing right, a skipped one was not made. */
function scoresOf(models: readonly ModelSummary[], runs: readonly ReportRun[]): ModelScores[] {
  const attempted = runs.filter(({ status }) => status === "complete" || status === "failed");
  const runsByModel = groupBy(attempted, ({ model_id }) => model_id);
  return models.map(({ modelId }) => ({
    modelId,
    byImage: new Map(
      [...groupBy(runsByModel.get(modelId) ?? [], ({ image_index }) => image_index)]
        .map(([image, runs]) => [
          image,
          runs.map(({ status, field_accuracy }) => status === "complete" ? field_accuracy ?? 0 : 0),
        ]),
    ),
  }));
}
