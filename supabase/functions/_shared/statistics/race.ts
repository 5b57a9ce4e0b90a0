import { mean } from "simple-statistics";
import { tQuantile } from "./distributions.ts";
import {
  differenceOf,
  FEWEST_IMAGES,
  findLeader,
  type ModelScores,
  pairUp,
} from "./model_scores.ts";
import { splitVariance } from "./plan_images.ts";

/** How a race is run. */
export interface RacePlan {
  /** How many times models may be stopped: the rounds but for the last. */
  readonly looks: number;
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
 * The bound is one-sided, t on n−1 degrees of freedom, at 5 % divided by the rounds and by the models
 * that run beside the leader: the best model can be stopped only by one of those, in one of the rounds
 * (Bonferroni; those stopped already can stop nobody). The procedure is a race (Maron and Moore,
 * "Hoeffding Races", NIPS 1993) with t in the place of Hoeffding's bound, which would take hundreds of
 * images.
 *
 * Where the differences do not vary at all, t knows no bound: such a model stops only once a sign test
 * too would call it worse at that level.
 */
export function decideRace(models: readonly ModelScores[], { looks }: RacePlan): RaceDecision {
  const leader = findLeader(models);
  const stopped = new Map<string, StoppedModel>();
  if (leader !== undefined) {
    const gaps = models.filter((model) => model !== leader).map((model) =>
      measureGap(model, leader)
    );
    // Each model that stops leaves the others fewer to be corrected for.
    for (let before = -1; before < stopped.size;) {
      before = stopped.size;
      const level = ERROR_SHARE / (looks * Math.max(1, gaps.length - before));
      for (const { modelId, images, difference, variance } of gaps) {
        if (stopped.has(modelId) || images < FEWEST_IMAGES) continue;
        if (variance === 0 && 2 ** -images > level) continue;
        const upperBound = difference +
          tQuantile(1 - level, images - 1) * Math.sqrt(variance / images);
        if (upperBound < 0) stopped.set(modelId, { modelId, images, difference, upperBound });
      }
    }
  }
  return {
    leaderId: leader?.modelId ?? null,
    stopped: [...stopped.values()],
    survivors: models.map(({ modelId }) => modelId).filter((modelId) => !stopped.has(modelId)),
  };
}

function measureGap(model: ModelScores, leader: ModelScores) {
  const pairs = pairUp(model, leader);
  return {
    modelId: model.modelId,
    images: pairs.length,
    difference: pairs.length === 0 ? NaN : mean(pairs.map(differenceOf)),
    variance: splitVariance(pairs)?.total ?? NaN,
  };
}
