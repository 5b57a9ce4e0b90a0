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

/** Where a race stands. */
export interface RaceRound {
  /** How many rounds the race has in all, the last one included. */
  readonly rounds: number;
  /** How many models set out, those that were stopped since included. */
  readonly models: number;
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
  /** In the order given, the leader among them. */
  survivors: string[];
}

/** The chance that a race stops any model that is as good as its leader, over all rounds. */
const ERROR_SHARE = 0.05;

/**
 * Which of the models still running may stop, given what all of them scored on the images so far:
 * each whose upper bound of the paired difference from the leader is below zero after at least 6
 * images. The bound is one-sided, t on n−1 degrees of freedom, at 5 % divided by models × rounds,
 * so that it holds for every look at every model together (Bonferroni; the procedure is Maron and
 * Moore's "Hoeffding races", NIPS 1993, with t in place of Hoeffding's bound, which needs hundreds
 * of images).
 *
 * Where the differences do not vary at all, t knows no bound: such a model stops only once the sign
 * test too would call it worse at that level.
 */
export function decideRace(models: readonly ModelScores[], round: RaceRound): RaceDecision {
  const level = ERROR_SHARE / (round.models * round.rounds);
  const leader = findLeader(models);
  const stopped = models.flatMap((model): StoppedModel[] => {
    if (leader === undefined || model === leader) return [];
    const pairs = pairUp(model, leader);
    if (pairs.length < FEWEST_IMAGES) return [];
    const difference = mean(pairs.map(differenceOf));
    const variance = splitVariance(pairs)?.total ?? NaN;
    if (variance === 0 && 2 ** -pairs.length > level) return [];
    const upperBound = difference +
      tQuantile(1 - level, pairs.length - 1) * Math.sqrt(variance / pairs.length);
    const { modelId } = model;
    return upperBound < 0 ? [{ modelId, images: pairs.length, difference, upperBound }] : [];
  });
  const out = new Set(stopped.map(({ modelId }) => modelId));
  return {
    leaderId: leader?.modelId ?? null,
    stopped,
    survivors: models.map(({ modelId }) => modelId).filter((modelId) => !out.has(modelId)),
  };
}
