import { mean } from "simple-statistics";

/** Smallest number of common images on which two models are compared. */
export const FEWEST_IMAGES = 6;

/** Scores of a model on each image that it was run on. */
export interface ModelScores {
  readonly modelId: string;
  /** One score per run, 0 to 100, by the image's index. No list is empty. */
  readonly byImage: ReadonlyMap<number, readonly number[]>;
}

/** Scores of two models on one image, one per run. */
export type PairedValues = readonly [readonly number[], readonly number[]];

/** Scores, 0 to 100, that are closer than this differ by rounding only. */
const ROUNDING = 1e-9;

/** Returns the scores on the images that both models were run on, in the order of `one`. */
export function pairUp(one: ModelScores, other: ModelScores): PairedValues[] {
  return [...one.byImage].flatMap(([image, own]): PairedValues[] => {
    const others = other.byImage.get(image);
    return others === undefined ? [] : [[own, others]];
  });
}

/** Returns the first model's mean on an image minus the second's, in points. */
export function differenceOf([one, other]: PairedValues): number {
  const difference = mean([...one]) - mean([...other]);
  return Math.abs(difference) < ROUNDING ? 0 : difference;
}

/**
 * Returns the model with the highest mean over its images, each image counted once; of several, the
 * first by id. Models with fewer than 6 images are considered only if no model has more.
 */
export function findLeader(models: readonly ModelScores[]): ModelScores | undefined {
  const sufficient = models.filter(({ byImage }) => byImage.size >= FEWEST_IMAGES);
  const means = (sufficient.length > 0 ? sufficient : models)
    .filter(({ byImage }) => byImage.size > 0)
    .map((model) => ({
      model,
      score: mean([...model.byImage.values()].map((scores) => mean([...scores]))),
    }));
  means.sort((one, other) => {
    const behind = other.score - one.score;
    if (Math.abs(behind) >= ROUNDING) return behind;
    return one.model.modelId < other.model.modelId ? -1 : 1;
  });
  return means[0]?.model;
}
