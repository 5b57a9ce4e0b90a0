import type { ConfigSnapshot } from "../benchmark/snapshot.ts";
import { countRuns, scoresByImage } from "../benchmark/count_runs.ts";
import { resampleImages } from "../statistics/bootstrap.ts";
import { compareModels } from "../statistics/compare_models.ts";
import { claimReasons } from "./choice_claims.ts";
import { describeDataPolicy } from "../models/data_policy.ts";
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

/** A report's id, which seeds random draws, and the part of its order that its figures depend on. */
export interface ReportRow {
  readonly id: string;
  readonly config_snapshot:
    & FrozenCriteria
    & Pick<ConfigSnapshot, "models" | "images" | "data_policy">;
}

/** A report's summary and recommendation. */
export interface ReportData extends ReportSummary {
  recommendedModelId: string | null;
  rationale: string | null;
}

const MOST_FIELD_ERRORS = 20;
const MOST_ERROR_PATTERNS = 50;

/**
 * Computes a report from its runs. The same row and runs in any order give the same report, because
 * random draws are seeded with the row's id.
 */
export function transformRunsToReport(report: ReportRow, runs: readonly ReportRun[]): ReportData {
  const { models: named, images, priorities, data_policy } = report.config_snapshot;
  const imageCount = runs.reduce((most, run) => Math.max(most, run.image_index + 1), images.length);
  const models = summarizeRuns(named, runs, resampleImages(imageCount, report.id));
  const counted = new Map(
    [...Map.groupBy(runs.filter(({ status }) => status === "complete"), ({ model_id }) => model_id)]
      .map(([id, own]) => [id, countRuns(own).runs]),
  );
  const scores = models.map(({ modelId }) => ({
    modelId,
    byImage: scoresByImage(counted.get(modelId) ?? []),
  }));
  const criteria = criteriaOf(report.config_snapshot);
  const choice = chooseModel(models, scores, criteria);
  const { best, rated } = choice;
  const comparison = compareModels(
    scores.filter(({ modelId }) => rated.some(({ model }) => model.modelId === modelId)),
    best?.modelId,
  );
  const recommended = choice.goodEnough[0]?.model;
  const recommendedModelId = recommended?.modelId ?? null;
  const claims = claimReasons(choice, models, comparison, countImages(runs));
  const higherAccuracy = describeHigherAccuracy(choice, comparison);
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
    noRecommendation: explainAbsence(choice, models),
    caution,
    doubt: recommended === undefined ? null : expressDoubt(
      caution,
      higherAccuracy,
      picks,
      endings.find(({ modelId }) => modelId === recommendedModelId),
    ),
    reason: recommended === undefined ? null : explainChoice(claims, choice, namesOf(models)),
    higherAccuracy,
    outlook: describeOutlook(choice, comparison),
    endings,
    fittedImages: describeFittedImages(images),
    dataPolicy: data_policy === undefined
      ? null
      : { ...data_policy, text: describeDataPolicy(data_policy) },
    race: sumUpRace(models, named, runs),
    imageCount: images.length,
    modelCount: named.length,
    recommendedModelId,
    rationale: recommended === undefined ? null : generateRationale(
      recommended,
      [...choice.goodEnough, ...rated].map(({ model }) => model),
      priorities,
    ),
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
