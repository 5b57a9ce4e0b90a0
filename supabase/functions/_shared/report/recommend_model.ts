import {
  accuracyToleranceOf,
  DEFAULT_MINIMUM_ACCURACY,
  type Priority,
} from "../benchmark/configuration.ts";
import type { ConfigSnapshot } from "../benchmark/snapshot.ts";
import { differenceOf, type ModelScores, pairUp } from "../statistics/model_scores.ts";
import { lowerBoundOfDifference } from "../statistics/non_inferiority.ts";
import { paretoFrontier } from "../statistics/pareto.ts";
import type { ModelSummary, Standing } from "./model_summary.ts";
import { isUnranked } from "./summarize_runs.ts";

/** Criteria as frozen in an order's snapshot; see {@link ConfigSnapshot}. */
export type FrozenCriteria = Pick<
  ConfigSnapshot,
  "priorities" | "minimum_accuracy" | "accuracy_margin" | "accuracy_confidence"
>;

/** Criteria of an order for the model to recommend. */
export interface Criteria {
  readonly priorities: readonly Priority[];
  /** Accuracy that a model must exceed, or at 100 reach, in percent of the fields. */
  readonly minimumAccuracy: number;
  /** Margin in points: a model must be less than this behind the most accurate one. */
  readonly accuracyMargin: number;
  /** Confidence, in percent, with which that must be shown. */
  readonly accuracyConfidence: number;
}

/** A model compared with the most accurate one. */
export interface RatedModel {
  readonly model: ModelSummary;
  readonly standing: Standing;
  /**
   * Accuracy minus that of the most accurate model, in points; mostly negative. It is the mean over
   * the images that both models read. If those are fewer than half of the images of the model that
   * read fewer, it is the difference of the two accuracies.
   */
  readonly difference: number;
  /** True if `difference` is the mean over the images that both models read. */
  readonly isPaired: boolean;
  /** One-sided lower bound of `difference` at the order's confidence; null if not computable. */
  readonly lowerBound: number | null;
}

/** Result of weighing all models of a report by the order's criteria. */
export interface Choice {
  readonly criteria: Criteria;
  /** Model with the highest accuracy of those that can be compared; null if nothing was measured. */
  readonly best: ModelSummary | null;
  /** True if no model of the report, ranked or not, measured a higher accuracy than `best`. */
  readonly isBestOfAll: boolean;
  /** Models that can be compared, the most accurate first. */
  readonly rated: readonly RatedModel[];
  /** Models that may be recommended, the recommended one first. */
  readonly goodEnough: readonly RatedModel[];
}

/** A model with its score on each priority and its weighted total, each 0 to 1. */
interface ScoredModel {
  readonly model: ModelSummary;
  readonly scores: Readonly<Record<Priority, number>>;
  readonly score: number;
}

/**
 * Weights of the first, second and third priority: rank-order centroids, (1 + 1/2 + 1/3)/3 and so on.
 * They are the mean of all weights with this ranking (Barron and Barrett, "Decision Quality Using
 * Ranked Attribute Weights", Management Science 42, 1996).
 */
export const PRIORITY_WEIGHTS: readonly number[] = [11 / 18, 5 / 18, 2 / 18];

/** Points below the best accuracy at which the score is 0. */
const ACCURACY_RANGE = 25;
/** Multiples of the best cost and time at which the score is 0. */
const COST_RATIO = 1_000;
const TIME_RATIO = 100;
/**
 * Values below these count as equal. Nobody notices the difference, and without a floor a free model
 * would be infinitely better.
 */
const SMALLEST_COST_USD = 0.0001;
const SMALLEST_TIME_MS = 100;

/** Accuracies, in points, that are closer than this differ by rounding only. */
const ROUNDING = 1e-9;

/** Returns the criteria of a report's snapshot, with defaults for those that it does not set. */
export function criteriaOf(snapshot: FrozenCriteria): Criteria {
  const { priorities, minimum_accuracy, accuracy_margin, accuracy_confidence } = snapshot;
  const tolerance = accuracyToleranceOf(priorities);
  return {
    priorities,
    minimumAccuracy: minimum_accuracy ?? DEFAULT_MINIMUM_ACCURACY,
    accuracyMargin: accuracy_margin ?? tolerance.accuracy_margin,
    accuracyConfidence: accuracy_confidence ?? tolerance.accuracy_confidence,
  };
}

/**
 * Returns the models that can be compared. They were measured, not stopped by a race, not answered
 * for by another model, and read at least half as many images as the model that read most. If none
 * of these exceeds the minimum but a model that read fewer images does, all measured models are
 * returned.
 */
export function listComparable(
  models: readonly ModelSummary[],
  { minimumAccuracy }: Pick<Criteria, "minimumAccuracy">,
): ModelSummary[] {
  const measured = models.filter((model) => !isUnranked(model) && model.accuracy !== null);
  const most = Math.max(0, ...measured.map(({ imagesCompleted }) => imagesCompleted));
  const covered = measured.filter(({ imagesCompleted }) => 2 * imagesCompleted >= most);
  const exceeds = (model: ModelSummary) => isAboveMinimum(model, minimumAccuracy);
  return covered.some(exceeds) || !measured.some(exceeds) ? covered : measured;
}

/** Returns the model with the highest accuracy; of several, the first by id. */
export function findMostAccurate(models: readonly ModelSummary[]): ModelSummary | null {
  const highest = Math.max(...models.map(({ accuracy }) => accuracy ?? -1));
  return models.filter(({ accuracy }) => (accuracy ?? -1) >= highest - ROUNDING)
    .toSorted((one, other) => one.modelId < other.modelId ? -1 : 1)[0] ?? null;
}

/**
 * Chooses the model to recommend: the good enough one with the highest score, weighted by the rank
 * of each priority; see {@link rankModels}.
 *
 * A model is good enough if it exceeds the minimum accuracy and is not inferior to the most accurate
 * one by more than the margin. With at least 6 common images, this means that the lower bound of the
 * paired difference lies above minus the margin. With fewer images nothing can be shown, and the
 * difference itself decides. A model that measured at least as high as a good enough one is good
 * enough too, so that no recommended model is beaten by another in everything.
 *
 * @param models All models of the report.
 * @param scores Their scores by image, without calls that say nothing about the model.
 */
export function chooseModel(
  models: readonly ModelSummary[],
  scores: readonly ModelScores[],
  criteria: Criteria,
): Choice {
  const comparable = listComparable(models, criteria);
  const best = findMostAccurate(comparable);
  if (best === null) return { criteria, best, isBestOfAll: false, rated: [], goodEnough: [] };
  const { minimumAccuracy, accuracyMargin: margin, accuracyConfidence } = criteria;
  const scoresOf = (id: string) => scores.find(({ modelId }) => modelId === id);
  const measured = comparable.map((model) => ({
    model,
    ...compareWith(best, model, scoresOf, accuracyConfidence / 100),
    isAbove: isAboveMinimum(model, minimumAccuracy),
  }));
  const shown = measured.filter(({ model, difference, lowerBound, isAbove }) =>
    isAbove && (model === best || (lowerBound ?? difference) > -margin)
  );
  const least = Math.min(...shown.map(({ difference }) => difference));
  const rated = measured.map(({ isAbove, ...rated }): RatedModel => {
    const { model, difference } = rated;
    const standing = !isAbove
      ? "below_minimum"
      : model === best
      ? "best"
      : difference >= least
      ? "good_enough"
      : difference > -margin
      ? "within_margin_unproven"
      : "worse";
    return { ...rated, standing };
  }).toSorted((one, other) =>
    Number(other.model === best) - Number(one.model === best) ||
    (other.model.accuracy ?? 0) - (one.model.accuracy ?? 0) ||
    (one.model.modelId < other.model.modelId ? -1 : 1)
  );
  const candidates = rated.filter(({ standing }) =>
    standing === "best" || standing === "good_enough"
  );
  const ranked = rankModels(candidates, criteria.priorities);
  const goodEnough = ranked.flatMap(({ model }) =>
    candidates.filter((candidate) => candidate.model === model)
  );
  const isBestOfAll = models.every(({ accuracy }) =>
    (accuracy ?? 0) <= (best.accuracy ?? 0) + ROUNDING
  );
  return { criteria, best, isBestOfAll, rated, goodEnough };
}

/** Returns the standing of a model in a choice among all models of a report. */
export function standingOf(model: ModelSummary, { rated }: Choice): Standing {
  if (model.isAnsweredByAnother) return "answered_by_another";
  if (isUnranked(model)) return "stopped";
  if (model.accuracy === null) return "not_measured";
  return rated.find((other) => other.model.modelId === model.modelId)?.standing ?? "not_comparable";
}

function isAboveMinimum({ accuracy }: ModelSummary, minimum: number): boolean {
  if (accuracy === null || accuracy === 0) return false;
  return minimum === 100 ? accuracy === 100 : accuracy > minimum;
}

function compareWith(
  best: ModelSummary,
  model: ModelSummary,
  scoresOf: (id: string) => ModelScores | undefined,
  confidence: number,
): Pick<RatedModel, "difference" | "isPaired" | "lowerBound"> {
  if (model === best) return { difference: 0, isPaired: true, lowerBound: 0 };
  const [bestScores, scores] = [scoresOf(best.modelId), scoresOf(model.modelId)];
  const pairs = bestScores === undefined || scores === undefined ? [] : pairUp(scores, bestScores);
  const fewer = Math.min(best.imagesCompleted, model.imagesCompleted);
  if (pairs.length === 0 || 2 * pairs.length < fewer) {
    const difference = (model.accuracy ?? 0) - (best.accuracy ?? 0);
    return { difference, isPaired: false, lowerBound: null };
  }
  const total = pairs.reduce((sum, pair) => sum + differenceOf(pair), 0);
  return {
    difference: total / pairs.length,
    isPaired: true,
    lowerBound: lowerBoundOfDifference(pairs, confidence),
  };
}

/**
 * Returns the models on the Pareto frontier of accuracy, cost and median latency, in the order given.
 * Models without a right field are left out.
 */
export function findFrontier(models: readonly ModelSummary[]): ModelSummary[] {
  return paretoFrontier(models.filter(({ accuracy }) => (accuracy ?? 0) > 0), (model) => [
    model.accuracy ?? 0,
    -(model.costPerRun ?? UNKNOWN),
    -(model.medianLatency ?? UNKNOWN),
  ]);
}

/** Stands for an unknown cost or latency. */
const UNKNOWN = Number.MAX_VALUE;

/**
 * Returns the candidates, the best first. Each is scored
 * - on accuracy by its points behind the most accurate model, down to 0 at 25 points;
 * - on cost by the logarithm of its multiple of the cheapest cost, down to 0 at 1,000 times;
 * - on speed by its median latency in the same way, down to 0 at 100 times the fastest.
 *
 * The scales are fixed and not stretched over the candidates. Tiny differences then do not decide,
 * and a model's rank depends little on the other candidates. An unknown cost or latency scores 0.
 */
export function rankModels(
  candidates: readonly Pick<RatedModel, "model" | "difference">[],
  priorities: readonly Priority[],
): ScoredModel[] {
  const cheapest = Math.min(...candidates.map(({ model }) => model.costPerRun ?? Infinity));
  const fastest = Math.min(...candidates.map(({ model }) => model.medianLatency ?? Infinity));
  const differences = new Map(candidates.map(({ model, difference }) => [model, difference]));
  return candidates
    .map(({ model, difference }): ScoredModel => {
      const scores = {
        accuracy: clamp(1 + difference / ACCURACY_RANGE),
        cost: scoreRatio(model.costPerRun, cheapest, SMALLEST_COST_USD, COST_RATIO),
        speed: scoreRatio(model.medianLatency, fastest, SMALLEST_TIME_MS, TIME_RATIO),
      };
      const score = priorities.reduce(
        (sum, priority, rank) => sum + scores[priority] * (PRIORITY_WEIGHTS[rank] ?? 0),
        0,
      );
      return { model, scores, score };
    })
    .sort((one, other) => {
      const byScore = Math.round(other.score / ROUNDING) - Math.round(one.score / ROUNDING);
      if (byScore !== 0) return byScore;
      const byCost = (one.model.costPerRun ?? UNKNOWN) - (other.model.costPerRun ?? UNKNOWN);
      const gain = (differences.get(other.model) ?? 0) - (differences.get(one.model) ?? 0);
      return byCost || gain || (one.model.modelId < other.model.modelId ? -1 : 1);
    });
}

function scoreRatio(value: number | null, best: number, floor: number, worst: number): number {
  if (value === null) return 0;
  const ratio = Math.max(value, floor) / Math.max(best, floor);
  return clamp(1 - Math.log(ratio) / Math.log(worst));
}

function clamp(score: number): number {
  return Math.min(1, Math.max(0, score));
}
