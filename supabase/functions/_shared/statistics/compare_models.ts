import { mean } from "simple-statistics";
import { tMargin } from "./clustered_mean.ts";
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
import { fewestImages, imagesToTell, splitVariance } from "./plan_images.ts";
import { signFlipP } from "./sign_flip.ts";

/** One model beside the best, on the images that both were run on. */
export interface ModelComparison {
  modelId: string;
  /** How many images that is. */
  images: number;
  /** Mean over the images of this model's score less the best's, in points; null without images. */
  difference: number | null;
  /**
   * Holds the true difference, together with the intervals of all other models, with 95 % confidence
   * (Bonferroni). Null for fewer than two images, and where the difference is the same on all of them.
   */
  interval: Interval | null;
  /** Two-sided, of the sign-flip test; null for fewer than 6 images. */
  pValue: number | null;
  /** The same by Holm over all models tested. */
  adjustedPValue: number | null;
  /** `too_few_images` says that no test was made. */
  verdict: "worse" | "indistinguishable" | "too_few_images";
  /**
   * How many images beside these would probably tell the two apart if they differ as measured; null
   * where they are told apart already, and where more than a thousand would not do.
   */
  moreImages: number | null;
  /** What part of the differences' variance the repeats make, 0 to 1; null where nothing varies. */
  repeatShare: number | null;
}

/** All models beside the best one. */
export interface FieldComparison {
  /** The highest mean score over images, each image counting once; null without a score. */
  bestModelId: string | null;
  /** Whether there are images enough for any difference at all to be told from chance. */
  enoughImages: boolean;
  /** From how many images on there are. */
  imagesNeeded: number;
  /** The best and all that cannot be told from it, as far as there are images to tell by. */
  indistinguishable: string[];
  /** One for each model but the best, in the order given. */
  comparisons: ModelComparison[];
}

/**
 * Compares all models with the best, in pairs on the same images, repeats averaged within an image
 * first.
 *
 * Which model leads is itself chance. The truly best one is excluded only if it falls short of
 * one of the others significantly, and there are as many such comparisons as Holm allows for.
 */
export function compareModels(models: readonly ModelScores[]): FieldComparison {
  const best = findLeader(models);
  const others = models.filter((model) => model !== best);
  const pairings = others.map((model) => best === undefined ? [] : pairUp(model, best));
  const tested = pairings.filter(({ length }) => length >= FEWEST_IMAGES);
  const pValues = tested.map((pairs) => signFlipP(pairs.map(differenceOf)));
  const adjusted = adjustHolm(pValues);
  const significance = SIGNIFICANCE / Math.max(1, tested.length || others.length);
  const comparisons = pairings.map((pairs, index) =>
    describePair(
      others[index]?.modelId ?? "",
      pairs,
      pValues[tested.indexOf(pairs)] ?? null,
      adjusted[tested.indexOf(pairs)] ?? null,
      significance,
    )
  );
  const imagesNeeded = Math.max(FEWEST_IMAGES, fewestImages(significance));
  return {
    bestModelId: best?.modelId ?? null,
    enoughImages: others.length === 0 || pairings.some(({ length }) => length >= imagesNeeded),
    imagesNeeded,
    indistinguishable: [
      ...best === undefined ? [] : [best.modelId],
      ...comparisons.filter(({ verdict }) => verdict === "indistinguishable")
        .map(({ modelId }) => modelId),
    ],
    comparisons,
  };
}

function describePair(
  modelId: string,
  pairs: readonly PairedValues[],
  pValue: number | null,
  adjustedPValue: number | null,
  significance: number,
): ModelComparison {
  const difference = pairs.length === 0 ? null : mean(pairs.map(differenceOf));
  const split = splitVariance(pairs);
  const varies = split !== null && split.total > 0;
  const isWorse = adjustedPValue !== null && adjustedPValue < SIGNIFICANCE &&
    difference !== null && difference < 0;
  const images = difference === null || split === null || isWorse
    ? null
    : imagesToTell(difference, split.total, significance);
  return {
    modelId,
    images: pairs.length,
    difference,
    interval: varies && difference !== null
      ? intervalOf(
        difference,
        tMargin(Math.sqrt(split.total / pairs.length), pairs.length, 1 - significance),
      )
      : null,
    pValue,
    adjustedPValue,
    verdict: adjustedPValue === null ? "too_few_images" : isWorse ? "worse" : "indistinguishable",
    moreImages: images === null ? null : Math.max(1, images - pairs.length),
    repeatShare: varies ? split.repeats / split.total : null,
  };
}

function intervalOf(difference: number, margin: number): Interval {
  return intervalAround(difference, difference - margin, difference + margin, [-100, 100]);
}
