import type { Priority } from "../benchmark/configuration.ts";
import type { ConfigSnapshot } from "../benchmark/snapshot.ts";
import { countRuns } from "../benchmark/count_runs.ts";
import { resampleImages } from "../statistics/bootstrap.ts";
import { compareModels } from "../statistics/compare_models.ts";
import { type ModelScores } from "../statistics/model_scores.ts";
import { claimReasons } from "./choice_claims.ts";
import { describeFittedImages } from "./describe_fitted_images.ts";
import {
  describeHigherAccuracy,
  describeOutlook,
  explainAbsence,
  explainCaution,
  explainChoice,
  explainCriteria,
  namesOf,
} from "./explain_choice.ts";
import { aggregateErrorPatterns, getModelFieldErrors } from "./field_errors.ts";
import { generateRationale } from "./generate_rationale.ts";
import { listEndings } from "./list_endings.ts";
import { namePicks } from "./name_picks.ts";
import {
  chooseModel,
  criteriaOf,
  findFrontier,
  type FrozenCriteria,
  standingOf,
} from "./recommend_model.ts";
import type { ReportRun } from "./report_run.ts";
import type {
  Caution,
  HigherAccuracy,
  ModelEnding,
  Picks,
  ReportSummary,
} from "./report_summary.ts";
import { summarizeRuns } from "./summarize_runs.ts";
import { countImages, sumUpRace } from "./sum_up_race.ts";

/**
 * Columns of `reports` that a report is shown from. Columns that are null are filled in from the
 * runs.
 */
export interface ReportRow {
  readonly id: string;
  readonly config_snapshot: FrozenCriteria & Pick<ConfigSnapshot, "models" | "images">;
  readonly recommended_model: string | null;
  readonly rationale: string | null;
  /** USD. */
  readonly total_api_cost: number | null;
  readonly started_at: string | null;
  readonly completed_at: string | null;
}

/** A report as shown: its summary and the columns of its row. */
export interface ReportData extends ReportSummary {
  recommendedModelId: string | null;
  /** USD. */
  totalApiCost: number;
  rationale: string | null;
  priorities: readonly Priority[];
  /** In the database's format. */
  startedAt: string | null;
  completedAt: string | null;
}

const MOST_FIELD_ERRORS = 20;
const MOST_ERROR_PATTERNS = 50;

/**
 * Builds a report from its row and its runs, whether it has ended or not. Values that the row holds
 * already, such as the recommendation, are kept; the others are computed from the runs. The same row
 * and runs in any order give the same report, because random draws are seeded with the row's id.
 */
export function transformRunsToReport(report: ReportRow, runs: readonly ReportRun[]): ReportData {
  const { models: named, images, priorities } = report.config_snapshot;
  const imageCount = runs.reduce((most, run) => Math.max(most, run.image_index + 1), images.length);
  const models = summarizeRuns(named, runs, resampleImages(imageCount, report.id));
  const counted = new Map(
    [...Map.groupBy(runs.filter(({ status }) => status === "complete"), ({ model_id }) => model_id)]
      .map(([id, own]) => [id, countRuns(own).runs]),
  );
  const scores = scoresOf(models.map(({ modelId }) => modelId), counted);
  const criteria = criteriaOf(report.config_snapshot);
  const choice = chooseModel(models, scores, criteria);
  const { best, rated } = choice;
  const comparison = compareModels(
    scores.filter(({ modelId }) => rated.some(({ model }) => model.modelId === modelId)),
    best?.modelId,
  );
  const recommended = choice.goodEnough[0]?.model;
  const recommendedModelId = report.recommended_model ?? recommended?.modelId ?? null;
  // The texts below are about the model that these runs recommend.
  const isOwn = recommendedModelId === (recommended?.modelId ?? null);
  const claims = claimReasons(choice, models, comparison, countImages(runs));
  const higherAccuracy = isOwn ? describeHigherAccuracy(choice, comparison) : null;
  const caution = explainCaution(choice, comparison);
  const picks = namePicks(choice, comparison);
  const endings = listEndings(named);
  return {
    models: models.map((model) => ({ ...model, standing: standingOf(model, choice) })),
    fieldErrors: getModelFieldErrors([...counted.values()].flat()).slice(0, MOST_FIELD_ERRORS),
    errorPatterns: aggregateErrorPatterns(models, counted).slice(0, MOST_ERROR_PATTERNS),
    comparison,
    paretoModelIds: findFrontier(rated.map(({ model }) => model)).map(({ modelId }) => modelId),
    minimumAccuracy: criteria.minimumAccuracy,
    accuracyMargin: criteria.accuracyMargin,
    accuracyConfidence: criteria.accuracyConfidence,
    goodEnough: explainCriteria(choice),
    picks,
    noRecommendation: recommendedModelId === null ? explainAbsence(choice, models) : null,
    caution,
    doubt: recommended === undefined ? null : expressDoubt(
      caution,
      higherAccuracy,
      picks,
      endings.find(({ modelId }) => modelId === recommendedModelId),
    ),
    reason: isOwn && recommended !== undefined
      ? explainChoice(claims, choice, namesOf(models))
      : null,
    higherAccuracy,
    outlook: isOwn ? describeOutlook(choice, comparison) : null,
    endings,
    fittedImages: describeFittedImages(images),
    race: sumUpRace(models, named, runs),
    imageCount: images.length,
    modelCount: named.length,
    recommendedModelId,
    totalApiCost: report.total_api_cost ??
      runs.reduce((total, { actual_cost }) => total + (actual_cost ?? 0), 0),
    rationale: report.rationale ??
      (!isOwn || recommended === undefined ? null : generateRationale(
        recommended,
        [...choice.goodEnough, ...rated].map(({ model }) => model),
        priorities,
      )),
    priorities,
    startedAt: report.started_at,
    completedAt: report.completed_at,
  };
}

/** Joins the reasons not to rely on the recommendation; null if there are none. */
function expressDoubt(
  caution: Caution | null,
  higher: HigherAccuracy | null,
  { mostAccurate }: Picks,
  ending: ModelEnding | undefined,
): string | null {
  // If another model measured higher, that matters more than its lead over the second.
  const isClose = higher === null && mostAccurate?.certain === false;
  const doubts = [caution, higher, isClose ? mostAccurate : null, ending ?? null]
    .flatMap((said) => said === null ? [] : [said.text]);
  return doubts.length === 0 ? null : doubts.join(" ");
}

/**
 * Returns the field accuracies of each model by image, 0 to 100, one for each run. A run without an
 * accuracy scores 0.
 */
function scoresOf(
  ids: readonly string[],
  runsByModel: ReadonlyMap<string, readonly ReportRun[]>,
): ModelScores[] {
  return ids.map((modelId) => ({
    modelId,
    byImage: new Map(
      [...Map.groupBy(runsByModel.get(modelId) ?? [], ({ image_index }) => image_index)]
        .map(([image, runs]) => [image, runs.map(({ field_accuracy }) => field_accuracy ?? 0)]),
    ),
  }));
}
