import { mean } from "simple-statistics";

/** Below this many images no two models are compared. */
export const FEWEST_IMAGES = 6;

/** What a model scored, run by run, on each image that it was run on. */
export interface ModelScores {
  readonly modelId: string;
  /** By the image's index; each list holds one score or more, 0 to 100. */
  readonly byImage: ReadonlyMap<number, readonly number[]>;
}

/** What two models scored on one image, run by run. */
export type PairedValues = readonly [readonly number[], readonly number[]];

/** Scores of 0 to 100 that are closer than this are the same but for rounding. */
const ROUNDING = 1e-9;

/** The images that both were run on, in `one`'s order. */
export function pairUp(one: ModelScores, other: ModelScores): PairedValues[] {
  return [...one.byImage].flatMap(([image, own]): PairedValues[] => {
    const others = other.byImage.get(image);
    return others === undefined ? [] : [[own, others]];
  });
}

/** The first model's mean on the image less the second's. */
export function differenceOf([one, other]: PairedValues): number {
  const difference = mean([...one]) - mean([...other]);
  return Math.abs(difference) < ROUNDING ? 0 : difference;
}

/**
 * The model with the highest mean over its images, each image counting once; of equals the first by
 * id. It is sought among those with at least 6 images, where there are any.
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
