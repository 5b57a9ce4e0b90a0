import { sum } from "simple-statistics";
import { FEWEST_IMAGES, findLeader, type ModelScores, pairUp } from "./model_scores.ts";
import { marginOf, measureDifference } from "./paired_difference.ts";
import { signFlipP } from "./sign_flip.ts";
import { UNSEEN_BY_RACE, unseenGain } from "./unseen_gain.ts";

/** How a race is run, and where it is. */
export interface RacePlan {
  /** After how many images models may be stopped, in all; see `planLooks`. */
  readonly looks: readonly number[];
  /** Which of them it is. */
  readonly look: number;
  /** Points that a model may be behind and still be of use; 0 unless said otherwise. */
  readonly margin?: number;
}

/** A model that need not run on. */
export interface StoppedModel {
  modelId: string;
  /** On how many images it was compared. */
  images: number;
  /** Mean difference from the leader, in points. */
  difference: number;
  /** At most so many points better than the leader, in truth; below minus the margin. */
  upperBound: number;
}

/** What is to be done after a round. */
export interface RaceDecision {
  leaderId: string | null;
  stopped: StoppedModel[];
  /** In the order given, the leader among them; a single one has won, and the race is over. */
  survivors: string[];
}

/** The chance that a race stops the best of its models, over all rounds, at most. */
const ERROR_SHARE = 0.05;

/**
 * Decides which of the models still running may stop, given what they scored on the images so far:
 * each whose upper bound of the paired difference from the leader is below minus the margin after at
 * least 6 images. With a margin, models run on that are surely worse, but near enough to be
 * recommended for their cost or speed.
 *
 * The bound is the farther of two. One is t with its skewness corrected, one-sided, at this look's
 * part of 5 %, divided by the models that run beside the leader: the best model can be stopped only by
 * one of those, at one of the looks (Bonferroni; those stopped already can stop nobody). The other
 * is what rare images of kinds not seen yet may change ({@link unseenGain}): with t alone the best
 * model was stopped in up to 45 of 100 reports where its rivals fail on one page in ten. The
 * procedure is a race (Maron and Moore, "Hoeffding Races", NIPS 1993) with these in the place of
 * Hoeffding's bound, which would take hundreds of images. The parts go by 1/√images: a late stop
 * spares few calls, and is then mostly of a model that the whole run would not call worse.
 *
 * On few images, differences that happen to vary little deceive t. So the exact sign-flip test must
 * agree, as far as so few can: of many models on 8 images, each image has to be lost.
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
    // Each model that stops leaves the others fewer to be corrected for.
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
        if (oneSidedP(beyond) > Math.max(level, 2 ** -images)) continue;
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

/** Of differences whose mean is below zero: of two models that do not differ, either is as likely behind. */
function oneSidedP(differences: readonly number[]): number {
  return signFlipP(differences) / 2;
}

function weightOf(images: number): number {
  return 1 / Math.sqrt(images);
}

/** Nothing is measured on fewer images than any two models are compared on. */
function measureGap(model: ModelScores, leader: ModelScores) {
  const pairs = pairUp(model, leader);
  const measured = pairs.length < FEWEST_IMAGES ? null : measureDifference(pairs);
  return { modelId: model.modelId, measured };
}
