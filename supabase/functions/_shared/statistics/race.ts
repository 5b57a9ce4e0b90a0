import { sum } from "simple-statistics";
import { FEWEST_IMAGES, findLeader, type ModelScores, pairUp } from "./model_scores.ts";
import { marginOf, measureDifference } from "./paired_difference.ts";
import { signFlipP } from "./sign_flip.ts";
import { UNSEEN_BY_RACE, unseenGain } from "./unseen_gain.ts";

/** Plan of a race and its current position. */
interface RacePlan {
  /** All numbers of images after which models may be stopped; see `planLooks`. */
  readonly looks: readonly number[];
  /** Current one of them. */
  readonly look: number;
  /** Points that a model may be behind and still be recommended. Default: 0. */
  readonly margin?: number;
}

/** A model that the race stops. */
interface StoppedModel {
  modelId: string;
  /** Number of images on which it was compared. */
  images: number;
  /** Mean difference from the leader, in points. */
  difference: number;
  /** Upper bound of the true difference, in points; below minus the margin. */
  upperBound: number;
}

/** Decision after one round of a race. */
export interface RaceDecision {
  leaderId: string | null;
  stopped: StoppedModel[];
  /** Models that continue, in the order given, with the leader. A single one has won the race. */
  survivors: string[];
}

/** Largest probability that a race stops the best of its models, over all rounds. */
const ERROR_SHARE = 0.05;

/**
 * Decides which of the running models to stop, given their scores on the images so far. A model stops
 * if it has at least 6 images in common with the leader and the upper bound of its paired difference
 * from the leader is below minus the margin. With a margin, models continue that are surely worse but
 * near enough to be recommended for their cost or speed.
 *
 * The bound is the larger of two. One is the one-sided bound of t corrected for skewness. Its level is
 * this look's share of 5 %, divided by the number of models that run beside the leader, because the
 * best model can be stopped only by one of those, at one of the looks (Bonferroni). The other is the
 * change that rare images of unseen kinds may make ({@link unseenGain}). With t alone, the best model
 * was stopped in up to 45 of 100 reports whose rivals fail on one page in ten. The procedure is a race
 * (Maron and Moore, "Hoeffding Races", NIPS 1993) with these bounds in place of Hoeffding's, which
 * would need hundreds of images. The shares are proportional to 1/√images: a late stop saves few
 * calls, and mostly stops a model that the whole run would not call worse.
 *
 * On few images, differences that vary little by chance mislead t. Therefore the exact sign-flip test
 * must agree, as far as it can: with many models and 8 images, a model must lose on each image.
 */
export function decideRace(
  models: readonly ModelScores[],
  { looks, look, margin = 0 }: RacePlan,
): RaceDecision {
  const leader = findLeader(models);
  const stopped = new Map<string, StoppedModel>();
  if (leader !== undefined) {
    const others = models.filter((model) => model !== leader);
    const gaps = others.map((model) => measureGap(model, leader));
    const share = weightOf(look) / sum(looks.map(weightOf));
    // Each model that stops reduces the number of tests to correct for.
    for (let before = -1; before < stopped.size;) {
      before = stopped.size;
      const level = ERROR_SHARE * share / Math.max(1, gaps.length - before);
      for (const { modelId, measured } of gaps) {
        if (measured === null || stopped.has(modelId)) continue;
        const { differences: { length: images }, mean: difference } = measured;
        const upperBound = difference +
          Math.max(marginOf(measured, level, 1), unseenGain(images, UNSEEN_BY_RACE));
        if (upperBound >= -margin) continue;
        const beyond = measured.differences.map((points) => points + margin);
        // Half of the two-sided p-value, as each of two equal models is as likely to be behind.
        if (signFlipP(beyond) / 2 > Math.max(level, 2 ** -images)) continue;
        stopped.set(modelId, { modelId, images, difference, upperBound });
      }
    }
  }
  return {
    leaderId: leader?.modelId ?? null,
    stopped: [...stopped.values()],
    survivors: models.map(({ modelId }) => modelId).filter((modelId) => !stopped.has(modelId)),
  };
}

function weightOf(images: number): number {
  return 1 / Math.sqrt(images);
}

/** Measures a model against the leader; `measured` is null for fewer than 6 common images. */
function measureGap(model: ModelScores, leader: ModelScores) {
  const pairs = pairUp(model, leader);
  const measured = pairs.length < FEWEST_IMAGES ? null : measureDifference(pairs);
  return { modelId: model.modelId, measured };
}
