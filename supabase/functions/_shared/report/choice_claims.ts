import type { Priority } from "../benchmark/configuration.ts";
import type { FieldComparison, ModelComparison } from "../statistics/field_comparison.ts";
import type { Interval } from "../statistics/interval.ts";
import { FEWEST_IMAGES } from "../statistics/model_scores.ts";
import { type Choice, type RatedModel, standingOf } from "./recommend_model.ts";
import type { ModelSummary, Standing } from "./model_summary.ts";
import { NOTABLE_SAVING_PERCENT, percentLess } from "./savings.ts";

/** Result of testing the difference in accuracy between a model and the most accurate one. */
export interface GapTest {
  /** Accuracy minus that of the most accurate model, in points. */
  readonly difference: number;
  /**
   * True if `difference` is the mean over the images that both models read. If false, no test was
   * made, and `interval` and `pValue` are null.
   */
  readonly isPaired: boolean;
  /** Number of images that both models read; 0 if the two were not compared. */
  readonly images: number;
  readonly interval: Interval | null;
  /** P-value corrected by Holm's method; null if no test was made. */
  readonly pValue: number | null;
  readonly verdict: ModelComparison["verdict"];
  /** True if the report's caution already says that no difference can be told from chance. */
  readonly isCautioned: boolean;
}

/** One statement on why a model is recommended; each stands for one sentence. */
export type Claim =
  /** No other model was measured. */
  | { readonly kind: "alone" }
  /**
   * The model was chosen from several that are good enough, by its weighted score. `leadsIn` lists
   * the priorities in which it leads all of them, or is empty.
   */
  | {
    readonly kind: "chosen";
    readonly modelId: string;
    readonly among: readonly string[];
    readonly leadsIn: readonly Priority[];
    /**
     * True if the images show that every model of `among` is within the margin. False if at least
     * one of them only measured within it.
     */
    readonly isShown: boolean;
  }
  /** No other model is good enough. */
  | { readonly kind: "only_one"; readonly modelId: string; readonly isShown: boolean }
  /** The model is ahead of each other one by more than chance explains. */
  | { readonly kind: "ahead_of_all"; readonly modelId: string; readonly pValue: number }
  | { readonly kind: "gap"; readonly modelId: string; readonly bestId: string } & GapTest
  /** These models measured within the margin, but the images do not show that they truly are. */
  | {
    readonly kind: "unproven";
    readonly modelIds: readonly string[];
    /** The cheapest of them and its saving over the recommended model, in percent; null if none saves. */
    readonly saving: { readonly modelId: string; readonly percent: number } | null;
  }
  /** Not all calls of the model count. */
  | {
    readonly kind: "partly_measured";
    readonly modelId: string;
    readonly images: number;
    readonly ofImages: number;
    readonly callsAttempted: number;
    readonly callsLost: number;
    readonly callsCutByLimit: number;
    readonly callsAnsweredByAnother: number;
    readonly callsFailedOtherwise: number;
  }
  /** The model measured higher than the recommended one, on too few images to be compared. */
  | {
    readonly kind: "left_out";
    readonly modelId: string;
    readonly images: number;
    readonly ofImages: number;
    readonly accuracy: number;
  }
  /** These measured lower than the recommended one, on too few images to be compared. */
  | { readonly kind: "too_few_images"; readonly modelIds: readonly string[] }
  | {
    readonly kind: "stopped";
    readonly modelIds: readonly string[];
    /** True if the race stopped every model but the recommended one. */
    readonly areAllOthers: boolean;
  }
  /** Other models answered in the place of these. */
  | { readonly kind: "answered_by_another"; readonly modelIds: readonly string[] }
  /** No call of these counts, all for the same reason. */
  | {
    readonly kind: "not_measured";
    readonly modelIds: readonly string[];
    readonly because: string;
  };

/**
 * Returns the reasons why the first of the good enough models is recommended; empty if none is.
 *
 * @param imageCount number of images to be read, without those that a race spared all models.
 */
export function claimReasons(
  choice: Choice,
  models: readonly ModelSummary[],
  comparison: FieldComparison,
  imageCount: number,
): Claim[] {
  const [recommended, ...others] = choice.goodEnough;
  const { best, rated, criteria } = choice;
  if (recommended === undefined || best === null) return [];
  const { model } = recommended;
  const leftOut = models.filter((other) => standingOf(other, choice) === "not_comparable");
  const unranked = claimUnranked(choice, models);
  const isHigher = (other: ModelSummary) => (other.accuracy ?? 0) > (model.accuracy ?? 0);
  const claims: Claim[] = [];
  const isShown = others.length === 0
    ? rated.every(({ lowerBound }) => lowerBound !== null)
    : choice.goodEnough.every(({ lowerBound }) =>
      lowerBound !== null && lowerBound > -criteria.accuracyMargin
    );
  if (rated.length > 1) {
    claims.push(
      others.length === 0 ? { kind: "only_one", modelId: model.modelId, isShown } : {
        kind: "chosen",
        modelId: model.modelId,
        isShown,
        among: choice.goodEnough.map(({ model }) => model.modelId),
        leadsIn: criteria.priorities.filter((priority) =>
          leads(priority, recommended, choice.goodEnough)
        ),
      },
    );
  } else if (leftOut.length === 0 && unranked.every(({ kind }) => kind === "not_measured")) {
    claims.push({ kind: "alone" });
  }
  if (model !== best) {
    claims.push({
      kind: "gap",
      modelId: model.modelId,
      bestId: best.modelId,
      ...testOf(recommended, comparison),
    });
  } else {
    const tests = rated.filter((other) => other.model !== model)
      .map((other) => testOf(other, comparison));
    if (tests.length > 0 && tests.every(({ verdict }) => verdict === "worse")) {
      const pValue = Math.max(...tests.map(({ pValue }) => pValue ?? 1));
      claims.push({ kind: "ahead_of_all", modelId: model.modelId, pValue });
    }
  }
  const unproven = rated.filter(({ standing }) => standing === "within_margin_unproven");
  if (unproven.length > 0) {
    claims.push({
      kind: "unproven",
      modelIds: unproven.map(({ model }) => model.modelId),
      saving: largestSaving(model, unproven.map(({ model }) => model)),
    });
  }
  for (const counted of new Set([model, best])) {
    const failed = counted.runsAttempted - counted.runsCompleted;
    if (failed === 0 && counted.imagesCompleted >= imageCount) continue;
    if (counted !== model && failed === 0) continue;
    claims.push({
      kind: "partly_measured",
      modelId: counted.modelId,
      images: counted.imagesCompleted,
      ofImages: imageCount,
      callsAttempted: counted.runsAttempted,
      callsLost: counted.runsLostToOutages,
      callsCutByLimit: counted.runsCutByLimit,
      callsAnsweredByAnother: counted.runsAnsweredByAnother,
      callsFailedOtherwise: failed - counted.runsLostToOutages - counted.runsCutByLimit -
        counted.runsAnsweredByAnother,
    });
  }
  for (const { modelId, imagesCompleted, accuracy } of leftOut.filter(isHigher)) {
    claims.push({
      kind: "left_out",
      modelId,
      images: imagesCompleted,
      ofImages: imageCount,
      accuracy: accuracy ?? 0,
    });
  }
  const lower = leftOut.filter((other) => !isHigher(other));
  if (lower.length > 0) {
    claims.push({ kind: "too_few_images", modelIds: lower.map(({ modelId }) => modelId) });
  }
  return [...claims, ...unranked];
}

/** Returns which models are not ranked, with the reasons. */
export function claimUnranked(choice: Choice, models: readonly ModelSummary[]): Claim[] {
  const having = (standing: Standing) =>
    models.filter((model) => standingOf(model, choice) === standing);
  const listIds = (list: readonly ModelSummary[]) => list.map(({ modelId }) => modelId);
  const stopped = having("stopped");
  const claims: Claim[] = [
    {
      kind: "stopped",
      modelIds: listIds(stopped),
      areAllOthers: choice.goodEnough.length > 0 && stopped.length === models.length - 1,
    },
    { kind: "answered_by_another", modelIds: listIds(having("answered_by_another")) },
    ...[...Map.groupBy(having("not_measured"), ({ notMeasuredBecause }) => notMeasuredBecause)]
      .flatMap(([because, models]): Claim[] =>
        because === null ? [] : [{ kind: "not_measured", modelIds: listIds(models), because }]
      ),
  ];
  return claims.filter((claim) => "modelIds" in claim && claim.modelIds.length > 0);
}

function largestSaving(model: ModelSummary, others: readonly ModelSummary[]) {
  const savings = others.map(({ modelId, costPerRun }) => ({
    modelId,
    percent: percentLess(costPerRun, model.costPerRun),
  })).toSorted((one, other) => other.percent - one.percent);
  return savings[0] !== undefined && savings[0].percent > NOTABLE_SAVING_PERCENT
    ? savings[0]
    : null;
}

/** Returns the test of a model's difference from the most accurate one. */
export function testOf(
  { model, difference, isPaired }: RatedModel,
  { comparisons, enoughImages }: FieldComparison,
): GapTest {
  const found = comparisons.find(({ modelId }) => modelId === model.modelId);
  return {
    difference,
    isPaired,
    images: found?.images ?? 0,
    interval: isPaired ? found?.interval ?? null : null,
    pValue: isPaired ? found?.adjustedPValue ?? null : null,
    verdict: isPaired && found !== undefined && found.images >= FEWEST_IMAGES
      ? found.verdict
      : "too_few_images",
    isCautioned: !enoughImages,
  };
}

/**
 * Tells whether the model leads all other candidates in a priority: by higher accuracy, lower cost
 * or lower median latency. It does not lead if its own figure or another candidate's is unknown.
 */
function leads(
  priority: Priority,
  { model }: RatedModel,
  candidates: readonly RatedModel[],
): boolean {
  const goodOf = ({ accuracy, costPerRun, medianLatency }: ModelSummary) =>
    priority === "accuracy" ? accuracy : negative(priority === "cost" ? costPerRun : medianLatency);
  const own = goodOf(model);
  return own !== null && candidates.every((other) => {
    const good = goodOf(other.model);
    return other.model === model || (good !== null && own > good);
  });
}

function negative(value: number | null): number | null {
  return value === null ? null : -value;
}
