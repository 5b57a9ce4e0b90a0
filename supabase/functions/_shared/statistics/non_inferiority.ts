import { mean, sampleVariance } from "simple-statistics";
import { tMargin } from "./clustered_mean.ts";
import { differenceOf, FEWEST_IMAGES, type PairedValues } from "./model_scores.ts";

/** Loss of the model on the made-up image, in points. */
const MADE_UP_LOSS = 10;

/**
 * Returns a lower bound of a model's mean score minus another's, in points; null for fewer than 6
 * images. The model is not inferior by more than a margin if the bound is above minus the margin
 * (ICH E9, "Statistical Principles for Clinical Trials", 1998, section 3.3.2).
 *
 * The bound is that of the one-sided paired t interval. A model that fails badly on few images
 * looks perfect if none of those was read, and the t interval does not allow for them. So it is
 * computed a second time with a made-up image on which the model loses 10 points. The lower of the
 * two bounds is returned.
 *
 * @param pairs with the values of the model first, those of the other second.
 * @param confidence one-sided, 0.5 to 1.
 */
export function lowerBoundOfDifference(
  pairs: readonly PairedValues[],
  confidence: number,
): number | null {
  if (pairs.length < FEWEST_IMAGES) return null;
  const differences = pairs.map(differenceOf);
  return Math.min(
    boundOf(differences, confidence),
    boundOf([...differences, -MADE_UP_LOSS], confidence),
  );
}

function boundOf(differences: readonly number[], confidence: number): number {
  const values = [...differences];
  const standardError = Math.sqrt(sampleVariance(values) / values.length);
  // A two-sided interval leaves as much on either side.
  return mean(values) -
    tMargin(standardError, values.length, 2 * confidence - 1);
}
