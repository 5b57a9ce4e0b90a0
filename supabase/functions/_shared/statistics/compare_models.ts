import type { FieldComparison, ModelComparison } from "./field_comparison.ts";
import { adjustHolm } from "./holm.ts";
import { type Interval, intervalAround, SIGNIFICANCE } from "./interval.ts";
import {
  differenceOf,
  FEWEST_IMAGES,
  findLeader,
  type ModelScores,
  type PairedValues,
  pairUp,
} from "./model_scores.ts";
import {
  levelAtZero,
  marginOf,
  measureDifference,
  type PairedDifference,
} from "./paired_difference.ts";
import { fewestImages, imagesToTell, splitVariance } from "./plan_images.ts";
import { signFlipP } from "./sign_flip.ts";
import { chanceUnseen, UNSEEN_BY_VERDICT, unseenGain } from "./unseen_gain.ts";

/**
 * Compares all models with the best one, in pairs on the same images. Repeats on an image are averaged
 * first.
 *
 * The leading model is itself determined by chance. The truly best model is called worse only if it
 * is significantly below one of the others, and Holm's method corrects for all these comparisons.
 *
 * @param bestId Model to compare with; if absent, the one with the highest mean over its images.
 */
export function compareModels(models: readonly ModelScores[], bestId?: string): FieldComparison {
  const best = models.find(({ modelId }) => modelId === bestId) ?? findLeader(models);
  const others = models.filter((model) => model !== best);
  const pairings = others.map((model) =>
    measurePairing(model.modelId, best === undefined ? [] : pairUp(model, best))
  );
  const tested = pairings.filter(({ chance }) => chance !== null);
  const adjusted = adjustHolm(tested.map(({ chance }) => chance ?? 1));
  const family = Math.max(1, tested.length || others.length);
  const told = tested.filter((_, index) => (adjusted[index] ?? 1) < SIGNIFICANCE);
  const comparisons = pairings.map((pairing) => {
    // Holm's method tests each model at a level that depends on how many differ more clearly.
    const before = told.filter(({ chance }) => (chance ?? 1) < (pairing.chance ?? 0)).length;
    const adjustedChance = adjusted[tested.indexOf(pairing)] ?? null;
    return describePair(pairing, adjustedChance, SIGNIFICANCE / Math.max(1, family - before));
  });
  const imagesNeeded = Math.max(FEWEST_IMAGES, fewestImages(SIGNIFICANCE / family));
  return {
    bestModelId: best?.modelId ?? null,
    enoughImages: others.length === 0 || pairings.some(({ pairs }) => pairs.length >= imagesNeeded),
    imagesNeeded,
    indistinguishable: [
      ...best === undefined ? [] : [best.modelId],
      ...comparisons.filter(({ verdict }) => verdict === "indistinguishable")
        .map(({ modelId }) => modelId),
    ],
    comparisons,
  };
}

/** Comparison of a model with the best one before the correction for multiple tests. */
interface Pairing {
  readonly modelId: string;
  readonly pairs: readonly PairedValues[];
  /** Null for fewer than two images. */
  readonly measured: PairedDifference | null;
  /** P-value of the sign-flip test; 1 for fewer than two images. */
  readonly signs: number;
  /** Larger p-value of the sign-flip test and t; null if there are too few images for a test. */
  readonly chance: number | null;
}

function measurePairing(modelId: string, pairs: readonly PairedValues[]): Pairing {
  const measured = measureDifference(pairs);
  const signs = measured === null ? 1 : signFlipP(measured.differences);
  const chance = measured === null || pairs.length < FEWEST_IMAGES
    ? null
    : Math.max(signs, 2 * levelAtZero(measured));
  return { modelId, pairs, measured, signs, chance };
}

/**
 * Describes a pair after the correction for multiple tests.
 *
 * @param adjustedChance `chance` corrected by Holm's method.
 * @param significance Level at which Holm's method tests this pair.
 */
function describePair(
  { modelId, pairs, measured, signs, chance }: Pairing,
  adjustedChance: number | null,
  significance: number,
): ModelComparison {
  const [only] = pairs;
  const split = splitVariance(pairs);
  const difference = measured?.mean ?? (only === undefined ? null : differenceOf(only));
  const interval = measured === null ? null : intervalOf(measured, signs, significance);
  // Holm's method does not change this part: testing fewer models shows no further kinds of images.
  const unseen = chanceUnseen(pairs.length, Math.abs(difference ?? 0), UNSEEN_BY_VERDICT);
  const isWorse = chance !== null && interval !== null && interval.high < 0;
  const images = difference === null || split === null || isWorse
    ? null
    : imagesToTell(difference, split.total, significance);
  return {
    modelId,
    images: pairs.length,
    difference,
    interval,
    pValue: chance === null ? null : Math.max(unseen, chance),
    adjustedPValue: adjustedChance === null ? null : Math.max(unseen, adjustedChance),
    verdict: chance === null ? "too_few_images" : isWorse ? "worse" : "indistinguishable",
    moreImages: images === null ? null : Math.max(1, images - pairs.length),
    repeatShare: split === null || split.total === 0 ? null : split.repeats / split.total,
  };
}

/**
 * Returns the two-sided interval at the level `significance`. Each side reaches to the farthest of
 * three bounds: t corrected for skewness, the change that images of unseen kinds may make, and 0 if
 * the sign-flip test (with the p-value `signs`) does not exclude it. That test is exact on few
 * images. With three models, 6 images that all differ to the same side, which happens by chance in 3
 * of 100 reports, are not significant.
 */
function intervalOf(measured: PairedDifference, signs: number, significance: number): Interval {
  const { mean, differences } = measured;
  const unseen = unseenGain(differences.length, UNSEEN_BY_VERDICT);
  const low = mean - Math.max(unseen, marginOf(measured, significance / 2, -1));
  const high = mean + Math.max(unseen, marginOf(measured, significance / 2, 1));
  const nearest = signs < significance ? mean : 0;
  return intervalAround(mean, Math.min(nearest, low), Math.max(nearest, high), [-100, 100]);
}
