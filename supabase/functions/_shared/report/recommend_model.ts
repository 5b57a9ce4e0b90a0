import type { Priority } from "../benchmark/config.ts";
import type { FieldComparison } from "../statistics/compare_models.ts";
import { dominates, paretoFrontier } from "../statistics/pareto.ts";
import type { ModelSummary } from "./report_types.ts";

/** A model and what it scores, 0 to 1, on each priority and over all, weighted. */
export interface ScoredModel {
  readonly model: ModelSummary;
  readonly scores: Readonly<Record<Priority, number>>;
  readonly score: number;
}

/**
 * What the first, second and third priority weigh: rank-order centroids, (1 + 1/2 + 1/3)/3 and so on,
 * the mean of all weights that keep the ranking (Barron and Barrett, "Decision Quality Using Ranked
 * Attribute Weights", Management Science 42, 1996).
 */
export const PRIORITY_WEIGHTS: readonly number[] = [11 / 18, 5 / 18, 2 / 18];

/** So many points below the best accuracy score nothing. */
const ACCURACY_RANGE = 25;
/** So many times the best cost, or time, score nothing. */
const COST_RATIO = 1_000;
const TIME_RATIO = 100;
/** Below these nobody notices a difference, so that a free model is not infinitely better. */
const SMALLEST_COST_USD = 0.0001;
const SMALLEST_TIME_MS = 100;

/**
 * The model to recommend: of those that cannot be told from the most accurate, the cheapest, or the
 * fastest where speed stands before cost; of several the one with the highest weighted score, for of
 * free models nobody wants the fastest if it reads much worse. A model that another beats in
 * everything is passed over. Null where no model both completed a run and read a single field right.
 *
 * Where there are not images enough to tell, that would be the cheapest of all, however bad. Then the
 * highest weighted score decides, of equals the cheapest; see {@link rankModels}.
 */
export function recommendModel(
  models: readonly ModelSummary[],
  priorities: readonly Priority[],
  { enoughImages, indistinguishable }: Pick<
    FieldComparison,
    "enoughImages" | "indistinguishable"
  >,
): ModelSummary | null {
  const frontier = findFrontier(models);
  const alike = models.filter(({ modelId }) => indistinguishable.includes(modelId));
  const best = frontier.filter((model) => alike.includes(model));
  // The whole set can be beaten only by models that were run on other images.
  const candidates = best.length > 0
    ? best
    : frontier.filter((model) => alike.some((other) => dominates(goodsOf(model), goodsOf(other))));
  if (!enoughImages || candidates.length === 0) {
    return rankModels(models, priorities)[0]?.model ?? null;
  }
  const least = isSpeedBeforeCost(priorities)
    ? (model: ModelSummary) => model.medianLatency ?? UNKNOWN
    : (model: ModelSummary) => model.costPerRun ?? UNKNOWN;
  const lowest = Math.min(...candidates.map(least));
  const leading = candidates.filter((model) => least(model) === lowest);
  const ranked = rankModels(models, priorities).map(({ model }) => model);
  return ranked.find((model) => leading.includes(model)) ?? null;
}

/** Whether, of models that are equally accurate, the fastest is wanted rather than the cheapest. */
export function isSpeedBeforeCost(priorities: readonly Priority[]): boolean {
  return priorities.find((priority) => priority !== "accuracy") === "speed";
}

/**
 * The models that may be recommended and that no other beats: in accuracy as far as it can be relied
 * on, cost and median latency. In the order given.
 */
export function findFrontier(models: readonly ModelSummary[]): ModelSummary[] {
  return paretoFrontier(models.filter((model) => reliableAccuracy(model) > 0), goodsOf);
}

/** In the place of a cost or a latency that nobody knows. */
const UNKNOWN = Number.MAX_VALUE;

function goodsOf(model: ModelSummary): number[] {
  const { costPerRun, medianLatency } = model;
  return [reliableAccuracy(model), -(costPerRun ?? UNKNOWN), -(medianLatency ?? UNKNOWN)];
}

/**
 * The models that may be recommended, the best first. Each is scored
 * - on accuracy by its points behind the best, none left at 25. What counts is the accuracy that can
 *   be relied on: times the share of attempted runs that were completed;
 * - on cost by how many times the cheapest it costs, logarithmically: none left at a thousand times;
 * - on speed by its median latency likewise, none left at a hundred times the fastest.
 *
 * The scales are fixed, not stretched over the models at hand, so that hairbreadth differences do not
 * decide, and a model's rank changes little with who else takes part. An unknown cost or latency
 * scores nothing.
 */
export function rankModels(
  models: readonly ModelSummary[],
  priorities: readonly Priority[],
): ScoredModel[] {
  const eligible = models.filter((model) => reliableAccuracy(model) > 0);
  const best = {
    accuracy: Math.max(...eligible.map(reliableAccuracy)),
    cost: Math.min(...eligible.map(({ costPerRun }) => costPerRun ?? Infinity)),
    time: Math.min(...eligible.map(({ medianLatency }) => medianLatency ?? Infinity)),
  };
  return eligible
    .map((model): ScoredModel => {
      const scores = {
        accuracy: clamp(1 - (best.accuracy - reliableAccuracy(model)) / ACCURACY_RANGE),
        cost: scoreRatio(model.costPerRun, best.cost, SMALLEST_COST_USD, COST_RATIO),
        speed: scoreRatio(model.medianLatency, best.time, SMALLEST_TIME_MS, TIME_RATIO),
      };
      const score = priorities.reduce(
        (sum, priority, rank) => sum + scores[priority] * (PRIORITY_WEIGHTS[rank] ?? 0),
        0,
      );
      return { model, scores, score };
    })
    .sort(compareScored);
}

// Scores this close differ by rounding alone.
const TIE = 1e-9;

function compareScored(one: ScoredModel, other: ScoredModel): number {
  const byScore = Math.round(other.score / TIE) - Math.round(one.score / TIE);
  if (byScore !== 0) return byScore;
  const byCost = (one.model.costPerRun ?? UNKNOWN) - (other.model.costPerRun ?? UNKNOWN);
  return byCost || reliableAccuracy(other.model) - reliableAccuracy(one.model) ||
    (one.model.modelId < other.model.modelId ? -1 : 1);
}

/** Times the share of attempted runs that were completed. */
function reliableAccuracy({ accuracy, runsCompleted, runsAttempted }: ModelSummary): number {
  return accuracy === null || runsAttempted === 0 ? 0 : accuracy * (runsCompleted / runsAttempted);
}

function scoreRatio(value: number | null, best: number, floor: number, worst: number): number {
  if (value === null) return 0;
  const ratio = Math.max(value, floor) / Math.max(best, floor);
  return clamp(1 - Math.log(ratio) / Math.log(worst));
}

function clamp(score: number): number {
  return Math.min(1, Math.max(0, score));
}
