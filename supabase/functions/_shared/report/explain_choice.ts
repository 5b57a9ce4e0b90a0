import type { Priority } from "../benchmark/config.ts";
import type { FieldComparison } from "../statistics/compare_models.ts";
import { isSpeedBeforeCost } from "./recommend_model.ts";
import type { HigherAccuracy, ModelSummary, Outlook } from "./report_types.ts";
import { hasStopped } from "./summarize_runs.ts";

/** From here on most of what varies is chance, not the images. */
const NOTABLE_REPEAT_SHARE = 0.5;

/**
 * Says in words from which models `recommended` was chosen and by what.
 *
 * @example "Of 3 models whose accuracy cannot be told apart on these images, Mini is the cheapest. It
 * scored 1.2 points less than Large, the most accurate, which may be chance (p = 0.41; 95 % interval:
 * 4.1 less to 1.7 more)."
 */
export function explainChoice(
  recommended: ModelSummary,
  models: readonly ModelSummary[],
  priorities: readonly Priority[],
  comparison: FieldComparison,
): string {
  const { comparisons, enoughImages, imagesNeeded, indistinguishable } = comparison;
  const stopped = describeStopped(models);
  if (comparisons.length === 0) {
    return stopped === null ? "No other model was measured." : `${stopped} No other is left.`;
  }
  if (!enoughImages) {
    return `Not enough images to tell the models apart: it takes ${imagesNeeded}. ` +
      `${recommended.modelName} is first by the measured figures, weighed by the priorities.`;
  }
  const alike = models.filter(({ modelId }) => indistinguishable.includes(modelId));
  const sentences = alike.length < 2 ? [describeLead(recommended, comparison)] : [
    describePick(recommended, alike, priorities),
    ...describeGap(recommended, models, comparison),
  ];
  const untested = comparisons.filter(({ verdict }) => verdict === "too_few_images").length;
  if (untested > 0) {
    sentences.push(
      `${untested === 1 ? "1 model" : `${untested} models`} ran on too few images to be compared.`,
    );
  }
  if (stopped !== null) sentences.push(stopped);
  return sentences.join(" ");
}

/** What a race has left out of the comparison. */
function describeStopped(models: readonly ModelSummary[]): string | null {
  const stopped = models.filter(hasStopped);
  if (stopped.length === 0) return null;
  return stopped.length === 1
    ? `${stopped[0]?.modelName} was stopped early, as it could not catch up.`
    : `${stopped.length} models were stopped early, as they could not catch up.`;
}

function describeLead(recommended: ModelSummary, { bestModelId, comparisons }: FieldComparison) {
  if (recommended.modelId !== bestModelId) {
    return `${recommended.modelName} is as accurate as the best model, and better in all else.`;
  }
  const highest = Math.max(...comparisons.map(({ adjustedPValue }) => adjustedPValue ?? 0));
  return `${recommended.modelName} is more accurate than every other model compared, ` +
    `by more than chance explains (${describeP(highest)}).`;
}

function describePick(
  recommended: ModelSummary,
  alike: readonly ModelSummary[],
  priorities: readonly Priority[],
): string {
  const [superlative, valueOf] = isSpeedBeforeCost(priorities)
    ? ["fastest", (model: ModelSummary) => model.medianLatency] as const
    : ["cheapest", (model: ModelSummary) => model.costPerRun] as const;
  const least = Math.min(...alike.map((model) => valueOf(model) ?? Infinity));
  const leading = alike.filter((model) => valueOf(model) === least);
  const pick = !leading.includes(recommended)
    ? "beaten by no other in accuracy, cost and speed together"
    : leading.length === 1
    ? `the ${superlative}`
    : `the one of the ${superlative} that suits the priorities best`;
  return `Of ${alike.length} models whose accuracy cannot be told apart on these images, ` +
    `${recommended.modelName} is ${pick}.`;
}

/** How far the recommended model is from the best, where it is not the best itself. */
function describeGap(
  recommended: ModelSummary,
  models: readonly ModelSummary[],
  { bestModelId, comparisons }: FieldComparison,
): string[] {
  if (recommended.modelId === bestModelId) return ["It is also the most accurate of them."];
  const best = models.find(({ modelId }) => modelId === bestModelId);
  const found = comparisons.find(({ modelId }) => modelId === recommended.modelId);
  if (best === undefined || found === undefined) return [];
  const { difference, interval, adjustedPValue } = found;
  if (difference === null || adjustedPValue === null) return [];
  if (difference === 0) return [`It scored as high as ${best.modelName}.`];
  const range = interval === null
    ? ""
    : `; 95 % interval: ${describeGain(interval.low)} to ${describeGain(interval.high)}`;
  const points = Math.abs(difference).toFixed(1);
  return [
    `It scored ${points} points ${difference < 0 ? "less" : "more"} than ${best.modelName}, the ` +
    `most accurate, which may be chance (${describeP(adjustedPValue)}${range}).`,
  ];
}

function describeGain(points: number): string {
  return `${Math.abs(points).toFixed(1)} ${points < 0 ? "less" : "more"}`;
}

/** Rounded up, so that nothing sounds surer than it is. */
function describeP(pValue: number): string {
  return pValue < 0.001 ? "p < 0.001" : `p = ${Math.ceil(1000 * pValue) / 1000}`;
}

/**
 * How many more images would show whether the recommended model is as accurate as the best, or,
 * where it is the best, whether its closest rival is; null where that is settled.
 */
export function describeOutlook(
  recommended: ModelSummary,
  models: readonly ModelSummary[],
  { bestModelId, comparisons, enoughImages, imagesNeeded }: FieldComparison,
): Outlook | null {
  const open = comparisons.filter(({ verdict, difference }) =>
    verdict !== "worse" && difference !== null
  );
  const found = open.find(({ modelId }) => modelId === recommended.modelId) ??
    open.toSorted((one, other) => (other.difference ?? 0) - (one.difference ?? 0))[0];
  if (found === undefined || bestModelId === null) return null;
  const isLead = recommended.modelId === bestModelId;
  const rivalId = isLead ? found.modelId : bestModelId;
  const nameOf = (id: string) => models.find(({ modelId }) => modelId === id)?.modelName ?? id;
  const missing = imagesNeeded - found.images;
  const moreImages = enoughImages || found.moreImages === null
    ? found.moreImages
    : Math.max(missing, found.moreImages);
  const names = `${nameOf(recommended.modelId)} and ${nameOf(rivalId)}`;
  const sentences = [
    moreImages === null
      ? `${names} score so alike that a thousand images would hardly tell them apart.`
      : `About ${moreImages} more ${moreImages === 1 ? "image" : "images"} would tell ` +
        `${names} apart, if they differ as measured.`,
  ];
  if (moreImages !== null && (found.repeatShare ?? 0) > NOTABLE_REPEAT_SHARE) {
    sentences.push("Most of the variation is between runs on one image: more runs would help too.");
  }
  const { modelId } = recommended;
  return { modelId, rivalId, moreImages, text: sentences.join(" ") };
}

/**
 * Which model measured a higher accuracy than the recommended one, by how much, and what would
 * settle it; null where none did.
 *
 * @example "Large measured the highest accuracy, 6.5 points above Mini; about 9 more images would
 * settle whether that is chance."
 */
export function describeHigherAccuracy(
  recommended: ModelSummary,
  models: readonly ModelSummary[],
  comparison: FieldComparison,
): HigherAccuracy | null {
  const { bestModelId, comparisons } = comparison;
  const best = models.find(({ modelId }) => modelId === bestModelId);
  const found = comparisons.find(({ modelId }) => modelId === recommended.modelId);
  if (best === undefined || found === undefined) return null;
  const points = -(found.difference ?? 0);
  if (points <= 0) return null;
  const moreImages = describeOutlook(recommended, models, comparison)?.moreImages ?? null;
  const failed = [best, recommended].some(({ runsCompleted, runsAttempted }) =>
    runsCompleted < runsAttempted
  );
  const outlook = moreImages === null
    ? "a thousand more images would hardly settle whether that is chance"
    : `about ${moreImages} more ${moreImages === 1 ? "image" : "images"} would settle whether ` +
      "that is chance";
  return {
    modelId: best.modelId,
    points,
    moreImages,
    text: `${best.modelName} measured the highest accuracy, ${points.toFixed(1)} points above ` +
      `${recommended.modelName}${
        failed ? ", failed calls counted as nothing read" : ""
      }; ${outlook}.`,
  };
}
