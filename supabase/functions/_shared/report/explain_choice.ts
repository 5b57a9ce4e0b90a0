import type { Priority } from "../benchmark/configuration.ts";
import type { FieldComparison } from "../statistics/field_comparison.ts";
import { FEWEST_IMAGES } from "../statistics/model_scores.ts";
import { type Claim, claimUnranked, type GapTest, testOf } from "./choice_claims.ts";
import { count, formatPercent, formatPoints, listNames, onCommonImages } from "./format_figures.ts";
import type { Choice } from "./recommend_model.ts";
import { formatSavingPercent } from "./savings.ts";
import type { ModelSummary } from "./model_summary.ts";
import type { Caution, HigherAccuracy, NoRecommendation, Outlook } from "./report_summary.ts";

/** Share of the variance that repeats make, above which more runs per image help too. */
const NOTABLE_REPEAT_SHARE = 0.5;

/** Models are called alike if the interval of their difference lies within ± this many points. */
const ALIKE_POINTS = 2;

const BY_FIGURES = "The figures are compared as measured.";

/** Returns the name of a model by its id. */
type NameOf = (modelId: string) => string;

/** Returns a lookup of the models' names. */
export function namesOf(models: readonly ModelSummary[]): NameOf {
  const names = new Map(models.map(({ modelId, modelName }) => [modelId, modelName]));
  return (modelId) => names.get(modelId) ?? modelId;
}

/**
 * Writes the reasons for a choice, one sentence each.
 *
 * @example "Of the 3 models within 11 points of the most accurate (shown with 75 % confidence), Mini is the
 * cheapest. It scored 6.2 points less than Large, the most accurate, on the same 20 images; chance
 * does not explain that (p = 0.012; 95 % interval: 9.1 less to 3.3 less)."
 */
export function explainChoice(claims: readonly Claim[], choice: Choice, nameOf: NameOf): string {
  return claims.map((claim) => renderClaim(claim, choice, nameOf)).join(" ");
}

function renderClaim(claim: Claim, choice: Choice, nameOf: NameOf): string {
  const { minimumAccuracy, accuracyMargin, accuracyConfidence, priorities } = choice.criteria;
  const compared = choice.isBestOfAll ? "" : " compared";
  const bestId = choice.best?.modelId ?? "";
  switch (claim.kind) {
    case "alone":
      return "No other model was measured.";
    case "only_one":
      return claim.modelId === bestId
        ? `Only ${nameOf(claim.modelId)} is good enough: it read ` +
          `${describeMinimum(minimumAccuracy)}, and no other model${compared} ` +
          `${claim.isShown ? "is shown to be" : "measured"} within ${accuracyMargin} points of it.`
        : `Only ${nameOf(claim.modelId)} is good enough.`;
    case "chosen":
      return `Of the ${claim.among.length} models ${claim.isShown ? "" : "that measured "}within ` +
        `${accuracyMargin} points of the most accurate${compared}` +
        `${claim.isShown ? ` (shown with ${accuracyConfidence} % confidence)` : ""}, ` +
        `${nameOf(claim.modelId)} ${describeLead(claim.leadsIn, priorities)}.`;
    case "ahead_of_all":
      return `${nameOf(claim.modelId)} is more accurate than every other model compared, ` +
        `by more than chance explains (${describeP(claim.pValue)}).`;
    case "gap":
      return describeGap(claim, nameOf(claim.bestId), compared);
    case "unproven":
      return `${
        listNames(claim.modelIds.map(nameOf))
      } measured less than ${accuracyMargin} points ` +
        `behind ${nameOf(bestId)}, but the images do not show that ` +
        `${claim.modelIds.length === 1 ? "it truly is" : "they truly are"}.` +
        (claim.saving === null
          ? ""
          : ` ${nameOf(claim.saving.modelId)} costs ${
            formatSavingPercent(claim.saving.percent)
          } less.`);
    case "partly_measured":
      return describePartly(claim, nameOf);
    case "left_out":
      return `${nameOf(claim.modelId)} reached ${formatPercent(claim.accuracy)} on ` +
        `${claim.images} of ${count(claim.ofImages, "image")}, too few to compare it.`;
    case "too_few_images":
      return `${listNames(claim.modelIds.map(nameOf))} read too few images to be compared.`;
    case "stopped": {
      const [were, they] = claim.modelIds.length === 1 ? ["was", "it"] : ["were", "they"];
      return `${
        listNames(claim.modelIds.map(nameOf))
      } ${were} stopped early by the race, as ${they} ` +
        `${were} unlikely to catch up${claim.areAllOthers ? "; no other model is left" : ""}.`;
    }
    case "answered_by_another":
      return describeUnranked(claim.modelIds.map(nameOf), "another model answered");
    case "not_measured":
      return describeUnranked(claim.modelIds.map(nameOf), claim.because);
  }
}

function describeUnranked(names: readonly string[], why: string): string {
  return `${listNames(names)} ${names.length === 1 ? "is" : "are"} not ranked: ${why}.`;
}

function describeMinimum(minimum: number): string {
  return minimum === 100 ? "all fields right" : `more than ${minimum} % of the fields right`;
}

const SUPERLATIVES: Readonly<Record<Priority, string>> = {
  accuracy: "the most accurate",
  cost: "the cheapest",
  speed: "the fastest",
};

function describeLead(leadsIn: readonly Priority[], priorities: readonly Priority[]): string {
  const superlatives = leadsIn.map((priority) => SUPERLATIVES[priority]);
  const first = priorities[0];
  if (first !== undefined && leadsIn.includes(first)) return `is ${listNames(superlatives)}`;
  const suits = `suits the order of priorities best (${priorities.join(", ")})`;
  return superlatives.length === 0 ? suits : `is ${listNames(superlatives)}, and ${suits}`;
}

function describeGap(gap: GapTest, best: string, compared: string): string {
  const { difference, isPaired, images, interval } = gap;
  const points = formatPoints(Math.abs(difference));
  if (!isPaired) {
    return difference === 0
      ? `It measured as high as ${best}, mostly on other images.`
      : `It measured ${points} less than ${best}, the most accurate${compared}, mostly on other images, ` +
        "so that chance cannot be ruled out.";
  }
  const where = onCommonImages(images);
  if (difference === 0) return `It scored as high as ${best} ${where}.`;
  const range = interval === null
    ? ""
    : `; 95 % interval: ${describeGain(interval.low)} to ${describeGain(interval.high)}`;
  return `It scored ${points} ${
    difference < 0 ? "less" : "more"
  } than ${best}, the most accurate ` +
    `model${compared}, ${where}${describeCertainty(gap, range)}.`;
}

/**
 * Writes whether chance explains a difference, to be appended to a clause. If the caution already says
 * that nothing can be told from chance, only the range is written.
 */
export function describeCertainty({ verdict, pValue, isCautioned }: GapTest, range = ""): string {
  if (verdict === "too_few_images" || pValue === null) {
    return `${isCautioned ? "" : "; too few images to tell that from chance"}${
      range.replace(/^; (.*)$/, " ($1)")
    }`;
  }
  return `; chance ${verdict === "worse" ? "hardly explains" : "may explain"} that ` +
    `(${describeP(pValue)}${range})`;
}

function describePartly(
  claim: Extract<Claim, { kind: "partly_measured" }>,
  nameOf: NameOf,
): string {
  const { images, ofImages, callsAttempted, callsFailedOtherwise: failed } = claim;
  const counted = [
    [claim.callsAnsweredByAnother, "answered by another model"],
    [claim.callsLost, "lost to outages"],
    [claim.callsCutByLimit, "cut off by our token limit"],
  ] as const;
  const losses = counted.flatMap(([calls, how]) =>
    calls > 0 ? [`${calls} ${calls === 1 ? "was" : "were"} ${how}`] : []
  );
  if (failed > 0) losses.push(`${failed} failed through no fault of the model`);
  const where = `${nameOf(claim.modelId)} was measured on ` +
    `${images < ofImages ? `${images} of` : "all"} ${count(ofImages, "image")}`;
  return losses.length === 0
    ? `${where}.`
    : `${where}: of its ${count(callsAttempted, "call")}, ${listNames(losses)}, ` +
      "and are not counted.";
}

function describeGain(points: number): string {
  return `${Math.abs(points).toFixed(1)} ${points < 0 ? "less" : "more"}`;
}

/** Formats a p-value, rounded up so that it does not look more certain than it is. */
function describeP(pValue: number): string {
  return pValue < 0.001 ? "p < 0.001" : `p = ${Math.ceil(1000 * pValue) / 1000}`;
}

/**
 * Writes what the order calls good enough.
 *
 * @example "Good enough means more than 50 % of the fields right and less than 2 points behind the most
 * accurate model, shown with 80 % confidence."
 */
export function explainCriteria({ criteria, rated, goodEnough, best }: Choice): string {
  const { minimumAccuracy, accuracyMargin, accuracyConfidence } = criteria;
  const others = rated.filter(({ model }) => model !== best);
  const unshown = others.filter(({ lowerBound }) => lowerBound === null);
  const isShown = unshown.length < others.length || others.length === 0;
  const isCarried = goodEnough.some(({ lowerBound }) => (lowerBound ?? 0) <= -accuracyMargin);
  return `Good enough means ${describeMinimum(minimumAccuracy)} and ` +
    `${
      isShown ? "" : "measured "
    }less than ${accuracyMargin} points behind the most accurate model` +
    `${isShown ? `, shown with ${accuracyConfidence} % confidence` : ""}` +
    `${isShown && unshown.length > 0 ? " if both read enough images" : ""}` +
    `${isCarried ? ", or no less accurate than a model for which that is shown" : ""}.`;
}

/** Explains why no model is recommended; null if one is. */
export function explainAbsence(
  choice: Choice,
  models: readonly ModelSummary[],
): NoRecommendation | null {
  const { goodEnough, best, criteria, isBestOfAll } = choice;
  if (goodEnough.length > 0) return null;
  if (best === null || best.accuracy === null) {
    return { code: "nothing_measured", text: describeNothing(choice, models) };
  }
  const { modelName, accuracy } = best;
  return {
    code: "below_minimum",
    text: accuracy === 0
      ? "No model is good enough: none read a single field right."
      : `No model is good enough: none read ${describeMinimum(criteria.minimumAccuracy)}. ` +
        `${modelName}, the most accurate${isBestOfAll ? "" : " compared"}, read ${
          formatPercent(accuracy)
        }.`,
  };
}

function describeNothing(choice: Choice, models: readonly ModelSummary[]): string {
  const unranked = claimUnranked(choice, models);
  const isCompleted = unranked.some(({ kind }) => kind !== "not_measured") ||
    models.some(({ runsRejected }) => runsRejected > 0);
  return [
    isCompleted ? "No model can be ranked." : "No call of any model was completed.",
    explainChoice(unranked, choice, namesOf(models)),
  ].join(" ").trim();
}

/**
 * Warns that no difference can be told from chance; null if there are enough images or nothing to
 * compare.
 */
export function explainCaution(
  { rated }: Choice,
  { enoughImages, imagesNeeded }: FieldComparison,
): Caution | null {
  if (enoughImages || rated.length < 2) return null;
  const images = Math.max(...rated.map(({ model }) => model.imagesCompleted));
  return {
    code: "few_images",
    images,
    imagesNeeded,
    text: images < imagesNeeded
      ? `${count(images, "image")} ${images === 1 ? "is" : "are"} too few to tell differences in ` +
        `accuracy from chance: it takes ${imagesNeeded}.${
          images < FEWEST_IMAGES ? ` ${BY_FIGURES}` : ""
        }`
      : `Too few images were read by two models to tell differences in accuracy from chance: it ` +
        `takes ${imagesNeeded}. ${BY_FIGURES}`,
  };
}

/**
 * Estimates how many more images would show whether the recommended model is as accurate as the best
 * one or, if it is the best, whether its closest rival is; null if that is settled.
 */
export function describeOutlook(
  { goodEnough, best, rated }: Choice,
  { comparisons, enoughImages, imagesNeeded }: FieldComparison,
): Outlook | null {
  const recommended = goodEnough[0]?.model;
  if (recommended === undefined || best === null) return null;
  const open = comparisons.filter(({ verdict, difference, modelId }) =>
    verdict !== "worse" && difference !== null &&
    rated.some(({ model, isPaired }) => model.modelId === modelId && isPaired)
  );
  const found = recommended === best
    ? open.toSorted((one, other) => (other.difference ?? 0) - (one.difference ?? 0))[0]
    : open.find(({ modelId }) => modelId === recommended.modelId);
  if (found === undefined) return null;
  const { images, interval } = found;
  // The caution says it already.
  if (images < 2 && !enoughImages) return null;
  const rivalId = recommended === best ? found.modelId : best.modelId;
  const nameOf = namesOf(rated.map(({ model }) => model));
  const moreImages = enoughImages || found.moreImages === null
    ? found.moreImages
    : Math.max(imagesNeeded - images, found.moreImages);
  const names = `${recommended.modelName} and ${nameOf(rivalId)}`;
  const furthest = interval === null ? null : Math.max(-interval.low, interval.high);
  const sentences = [
    moreImages !== null
      ? `About ${
        count(moreImages, "more image")
      } would tell ${names} apart, if they differ as measured.`
      : images < 2
      ? `One image cannot show how much ${names} differ.`
      : found.difference === 0 && found.repeatShare === null
      ? `${names} scored the same on each of the ${images} images, which does not show how they ` +
        "differ on others."
      : furthest !== null && furthest <= ALIKE_POINTS
      ? `${names} score so alike that a thousand images would hardly tell them apart.`
      : `It would take more than a thousand images to tell ${names} apart, if they differ as ` +
        `little as measured${
          furthest === null ? "" : `; they may differ by up to ${formatPoints(furthest)}`
        }.`,
  ];
  if (moreImages !== null && (found.repeatShare ?? 0) > NOTABLE_REPEAT_SHARE) {
    sentences.push("Most of the variation is between runs on one image: more runs would help too.");
  }
  return { modelId: recommended.modelId, rivalId, moreImages, text: sentences.join(" ") };
}

/**
 * Describes the model that measured a higher accuracy than the recommended one, its lead, and what
 * would settle whether the lead is chance; null if no model measured higher.
 *
 * @example "Large measured the highest accuracy, 6.5 points above Mini; about 9 more images would
 * settle whether that is chance."
 */
export function describeHigherAccuracy(
  choice: Choice,
  comparison: FieldComparison,
): HigherAccuracy | null {
  const { goodEnough: [recommended], best, isBestOfAll } = choice;
  if (recommended === undefined || best === null || recommended.difference >= 0) return null;
  const test = testOf(recommended, comparison);
  const moreImages = describeOutlook(choice, comparison)?.moreImages ?? null;
  const points = -recommended.difference;
  const where = test.isPaired ? "" : ", mostly on other images";
  const rest = !test.isPaired
    ? "; chance cannot be ruled out"
    : test.verdict === "worse"
    ? describeCertainty(test)
    : moreImages !== null
    ? `; about ${count(moreImages, "more image")} would settle whether that is chance`
    : test.images < 2
    ? describeCertainty(test)
    : "; more than a thousand images would be needed to settle whether that is chance";
  return {
    modelId: best.modelId,
    points,
    moreImages,
    text:
      `${best.modelName} measured the highest accuracy${
        isBestOfAll ? "" : " of the models compared"
      }, ` +
      `${formatPoints(points)} above ` +
      `${recommended.model.modelName}${where}${rest}.`,
  };
}
