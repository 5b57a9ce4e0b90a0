import { mean, sum } from "simple-statistics";
import { tQuantile } from "./distributions.ts";
import {
  differenceOf,
  FEWEST_IMAGES,
  findLeader,
  type ModelScores,
  pairUp,
} from "./model_scores.ts";
import { splitVariance } from "./plan_images.ts";
import { signFlipP } from "./sign_flip.ts";

/** How a race is run, and where it is. */
export interface RacePlan {
  /** After how many images models may be stopped, in all; see `planLooks`. */
  readonly looks: readonly number[];
  /** Which of them it is. */
  readonly look: number;
}

/** A model that need not run on. */
export interface StoppedModel {
  modelId: string;
  /** On how many images it was compared. */
  images: number;
  /** Mean difference from the leader, in points. */
  difference: number;
  /** At most so many points better than the leader, in truth; below zero. */
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
 * Which of the models still running may stop, given what they scored on the images so far: each
 * whose upper bound of the paired difference from the leader is below zero after at least 6 images.
 *
 * The bound is one-sided, t on n−1 degrees of freedom, at this look's part of 5 %, divided by the
 * models that run beside the leader: the best model can be stopped only by one of those, at one of the
 * looks (Bonferroni; those stopped already can stop nobody). The procedure is a race (Maron and Moore,
 * "Hoeffding Races", NIPS 1993) with t in the place of Hoeffding's bound, which would take hundreds of
 * images. The parts go by 1/√images: a late stop spares few calls, and is then mostly of a model that
 * the whole run would not call worse.
 *
 * On few images, differences that happen to vary little deceive t. So the exact sign-flip test must
 * agree, as far as so few can: of many models on 8 images, each image has to be lost. Where the
 * differences do not vary at all, t knows no bound: such a model stops only once that test would call
 * it worse at that level.
 */
export function decideRace(
  models: readonly ModelScores[],
  { looks, look }: RacePlan,
): RaceDecision {
  const leader = findLeader(models);
  const stopped = new Map<string, StoppedModel>();
  if (leader !== undefined) {
    const gaps = models.filter((model) => model !== leader).map((model) =>
      measureGap(model, leader)
    );
    const share = weightOf(look) / sum(looks.map(weightOf));
    // Each model that stops leaves the others fewer to be corrected for.
    for (let before = -1; before < stopped.size;) {
      before = stopped.size;
      const level = ERROR_SHARE * share / Math.max(1, gaps.length - before);
      for (const { modelId, differences, difference, variance } of gaps) {
        const images = differences.length;
        if (stopped.has(modelId) || images < FEWEST_IMAGES) continue;
        const leastP = 2 ** -images;
        if (variance === 0 && leastP > level) continue;
        const upperBound = difference +
          tQuantile(1 - level, images - 1) * Math.sqrt(variance / images);
        if (upperBound >= 0 || oneSidedP(differences) > Math.max(level, leastP)) continue;
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

function measureGap(model: ModelScores, leader: ModelScores) {
  const pairs = pairUp(model, leader);
  const differences = pairs.map(differenceOf);
  return {
    modelId: model.modelId,
    differences,
    difference: pairs.length === 0 ? NaN : mean(differences),
    variance: splitVariance(pairs)?.total ?? NaN,
  };
}
