/** Simulated models with known true accuracy, for tests and benchmarks. */
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { mean } from "simple-statistics";
import type { ModelScores } from "../statistics/model_scores.ts";

/** Random numbers. The same seed gives the same numbers. */
export interface Draws {
  /** Returns a number from 0 to 1. */
  uniform(): number;
  /** Returns a number with mean 0 and standard deviation 1. */
  normal(): number;
}

/** Creates random numbers from a seed. */
export function drawsOf(seed: number): Draws {
  const generator = xoroshiro128plus(seed);
  const uniform = () => uniformFloat64(generator);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
}

/** Number of fields of a document, each right or wrong. */
const FIELDS = 12;

/** Points of one field. */
const ONE_FIELD = 100 / FIELDS;

/** Returns the accuracy, 0 to 100, of a call that reads each field right with the given probability. */
export function readDocument({ uniform }: Pick<Draws, "uniform">, chance: number): number {
  let right = 0;
  for (let field = 0; field < FIELDS; field++) right += uniform() < chance ? 1 : 0;
  return (100 * right) / FIELDS;
}

function logistic(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** Simulated model that is run three times on each image. */
export interface AccuracyField {
  readonly label: string;
  /** True mean accuracy, in percent. */
  readonly truth: number;
  /** Returns the probability of reading a field of the next image right. */
  readonly chance: (draws: Draws) => number;
}

export const SYMMETRIC: AccuracyField = {
  label: "about 70 % of each image",
  truth: 69.996,
  chance: ({ normal }) => Math.max(0, Math.min(1, 0.7 + 0.1 * normal())),
};

function oftenPerfect(label: string, share: number, otherwise: number): AccuracyField {
  return {
    label,
    truth: 100 * (share + (1 - share) * otherwise),
    chance: ({ uniform }) => uniform() < share ? 1 : otherwise,
  };
}

/** Models for which the truth lies outside an interval for different reasons. */
export const ACCURACY_FIELDS: readonly AccuracyField[] = [
  SYMMETRIC,
  {
    label: "85 %, images of differing difficulty",
    truth: 84.45,
    chance: ({ normal }) => logistic(2 + normal()),
  },
  oftenPerfect("90 % of images perfect, 10 % fail wholly", 0.9, 0),
  oftenPerfect("95 % perfect, 5 % fail wholly", 0.95, 0),
  {
    label: "92 % perfect, the others from 0 to 100 %",
    truth: 97.333,
    // The larger of two uniform draws is a Beta(2, 1).
    chance: ({ uniform }) => uniform() < 0.92 ? 1 : Math.max(uniform(), uniform()),
  },
  oftenPerfect("90 % perfect, the others 80 %", 0.9, 0.8),
  oftenPerfect("every field right in 98 %", 0, 0.98),
  oftenPerfect("97 % perfect, the others 83 %", 0.97, 0.83),
];

/** Probability that a run gives the model's common answer to an image. */
const ALIKE = 0.8;

/** Returns the accuracies of three runs on each image. */
export function drawAccuracies(
  { chance }: AccuracyField,
  images: number,
  draws: Draws,
): number[][] {
  return Array.from({ length: images }, () => {
    const own = chance(draws);
    const common = readDocument(draws, own);
    return [0, 1, 2].map(() => draws.uniform() < ALIKE ? common : readDocument(draws, own));
  });
}

/** Competing models. The first is truly the best, or one of the best. */
export interface RivalField {
  readonly label: string;
  /** Returns the scores of all models on the next image. */
  readonly score: (draws: Draws, models: number) => number[];
}

function rivals(models: number, best: () => number, other: () => number): number[] {
  return Array.from({ length: models }, (_, index) => index === 0 ? best() : other());
}

/** Returns rivals that read most pages better and fail on a share of them. */
function failingRivals(share: number, failed: number): RivalField["score"] {
  return (draws, models) => {
    const isHard = draws.uniform() < share;
    return rivals(
      models,
      () => 100 - ONE_FIELD * (draws.uniform() < 0.1 ? 2 : 1),
      () => isHard ? failed : 100 - (draws.uniform() < 0.05 ? ONE_FIELD : 0),
    );
  };
}

/** Fields in which a rule may stop the best model or call it worse. */
export const RIVAL_FIELDS: readonly RivalField[] = [
  {
    label: "half a point apart, shared difficulty",
    score: (draws, models) => {
      const ease = 2 + draws.normal();
      return rivals(
        models,
        () => readDocument(draws, logistic(ease)),
        () => readDocument(draws, logistic(ease - 0.03)),
      );
    },
  },
  {
    label: "equal models",
    score: (draws, models) => {
      const ease = 2 + draws.normal();
      const read = () => readDocument(draws, logistic(ease));
      return rivals(models, read, read);
    },
  },
  // Here the rivals are even 1.3 points better, so that stopping the first is no error. It is as rare.
  { label: "rivals a field better, at 25 on 10 % of pages", score: failingRivals(0.1, 25) },
  { label: "rivals a field better, at 40 on 20 % of pages", score: failingRivals(0.2, 40) },
  {
    label: "best always a field wrong, rivals at 0 on 10 % of pages",
    score: ({ uniform }, models) => {
      const isHard = uniform() < 0.1;
      return rivals(models, () => 100 - ONE_FIELD, () => isHard ? 0 : 100);
    },
  },
  {
    label: "each field by chance, rivals at 30 % on 15 % of pages",
    score: (draws, models) => {
      const chance = draws.uniform() < 0.15 ? 0.3 : 0.98;
      return rivals(models, () => readDocument(draws, 0.9), () => readDocument(draws, chance));
    },
  },
  {
    label: "best fails wholly on 5 %, rivals 6 points lower",
    score: ({ uniform, normal }, models) =>
      rivals(models, () => uniform() < 0.05 ? 0 : 100, () => 89 + 3 * normal()),
  },
  {
    label: "99 and 98.5 %, each field by chance",
    score: (draws, models) =>
      rivals(models, () => readDocument(draws, 0.99), () => readDocument(draws, 0.985)),
  },
  {
    label: "two kinds of pages, best 12 behind on one and 35 ahead on the other",
    score: (draws, models) => {
      const [own, other] = draws.uniform() < 0.5 ? [0.85, 0.97] : [0.95, 0.6];
      return rivals(models, () => readDocument(draws, own), () => readDocument(draws, other));
    },
  },
];

/** Differences in logits that make rivals of a model at 92.5 % worse by this many points on average. */
const LOGITS_BY_POINTS = {
  5: 0.639,
  10: 1.097,
  15: 1.471,
  20: 1.794,
  30: 2.36,
  50: 3.378,
} as const;

/**
 * Returns rivals that are a number of points behind in an ordinary way: all models are worse on hard
 * images, and each varies by itself. Scores are means of three runs.
 */
export function fieldBehind(points: keyof typeof LOGITS_BY_POINTS): RivalField {
  const read = (draws: Draws, ease: number) => {
    const chance = logistic(ease + 0.5 * draws.normal());
    return mean([0, 1, 2].map(() => readDocument(draws, chance)));
  };
  return {
    label: `rivals ${points} points behind`,
    score: (draws, models) => {
      const ease = 3 + draws.normal();
      return rivals(
        models,
        () => read(draws, ease),
        () => read(draws, ease - LOGITS_BY_POINTS[points]),
      );
    },
  };
}

/** Draws the scores of a number of models on a number of images; `m00` is the best. */
export function drawRivals(
  { score }: RivalField,
  { models, images }: { readonly models: number; readonly images: number },
  draws: Draws,
): ModelScores[] {
  const rows = Array.from({ length: images }, () => score(draws, models));
  return Array.from({ length: models }, (_, index) => ({
    modelId: `m${String(index).padStart(2, "0")}`,
    byImage: new Map(rows.map((row, image) => [image, [row[index] ?? NaN]])),
  }));
}
