import { mean } from "simple-statistics";
import type { ModelSummary } from "../../supabase/functions/_shared/report/model_summary.ts";
import type { ModelScores } from "../../supabase/functions/_shared/statistics/model_scores.ts";
import { sampleSummary } from "../../supabase/functions/_shared/testing/report_samples.ts";
import {
  type Draws,
  drawsOf,
  readDocument,
} from "../../supabase/functions/_shared/testing/simulated_fields.ts";

/** Kind of models that compete. */
export interface FieldShape {
  readonly models: number;
  readonly images: number;
  readonly repeats: number;
  /** Standard deviation of the models' skills, in logits: 1 gives accuracies from about 70 to 97 %. */
  readonly skillSpread: number;
  /** Number of models that share the highest skill. */
  readonly tied: number;
  /** Logits by which the best model is better than drawn, and the worst one worse. */
  readonly lead?: number;
  readonly lag?: number;
  /**
   * `true` draws images from a heavy-tailed distribution (Student's t, 2 degrees of freedom) and
   * makes a twentieth of the answers invalid JSON.
   */
  readonly isHeavyTailed?: boolean;
}

/** Model of a simulated field. */
export interface SimulatedModel extends ModelScores {
  /** Cost of a run in USD. */
  readonly cost: number;
  /** Duration of a run in milliseconds. */
  readonly milliseconds: number;
}

/** Logits: an average model on an average image, and the spreads of images and of models per image. */
const SKILL = 2;
const DIFFICULTY_SPREAD = 1;
const TASTE_SPREAD = 0.5;
const UNREADABLE_SHARE = 0.05;
/**
 * Orders of magnitude by which cost and time vary, by chance and with skill: better models tend to
 * be more expensive and slower.
 */
const COST_SPREAD = 1;
const COST_BY_SKILL = 0.5;
const TIME_SPREAD = 0.3;
const TIME_BY_SKILL = 0.15;
const MILLISECONDS = 3_000;

/**
 * Draws a field of models at random. An image's difficulty affects all models, each model also
 * varies by image, and repeats on an image differ by chance. The same seed draws the same field;
 * another `imageSeed` lets the same models read other images.
 */
export function drawField(shape: FieldShape, seed: number, imageSeed = seed): SimulatedModel[] {
  const models = drawModels(shape, drawsOf(2 * seed));
  const { uniform, normal } = drawsOf(2 * imageSeed + 1);
  // Student's t with 2 degrees of freedom, scaled so that its middle is as wide as the normal
  // distribution's.
  const spread = shape.isHeavyTailed === true
    ? () => 0.8 * normal() / Math.sqrt(-Math.log(1 - uniform()))
    : normal;
  const difficulties = Array.from({ length: shape.images }, () => DIFFICULTY_SPREAD * spread());
  return models.map(({ skill, cost, milliseconds }, index) => {
    const byImage = difficulties.map((difficulty, image): [number, number[]] => {
      const logit = SKILL + skill - difficulty + TASTE_SPREAD * spread();
      const share = 1 / (1 + Math.exp(-logit));
      const score = () => {
        if (shape.isHeavyTailed === true && uniform() < UNREADABLE_SHARE) return 0;
        return readDocument({ uniform }, share);
      };
      return [image, Array.from({ length: shape.repeats }, score)];
    });
    return { modelId: `m${index}`, byImage: new Map(byImage), cost, milliseconds };
  });
}

/** Returns the models' summaries as a report would contain them. */
export function summarizeField(field: readonly SimulatedModel[]): ModelSummary[] {
  return field.map(({ modelId, byImage, cost, milliseconds }) =>
    sampleSummary(modelId, {
      accuracy: mean([...byImage.values()].flat()),
      costPerRun: cost,
      medianLatency: milliseconds,
      imagesCompleted: byImage.size,
    })
  );
}

/** Draws models with their skill in logits, best first. */
function drawModels(shape: FieldShape, { normal }: Draws) {
  const drawn = Array.from({ length: shape.models }, () => shape.skillSpread * normal())
    .sort((one, other) => other - one);
  const priced = drawn.map((own, index) => {
    const isTied = index < shape.tied;
    const skill = (isTied ? drawn[0] ?? own : own) + (isTied ? shape.lead ?? 0 : 0) -
      (index === shape.models - 1 ? shape.lag ?? 0 : 0);
    return { skill, cost: 10 ** (-3 + COST_BY_SKILL * skill + COST_SPREAD * normal()) };
  });
  return priced.map((model) => ({
    ...model,
    milliseconds: MILLISECONDS * 10 ** (TIME_BY_SKILL * model.skill + TIME_SPREAD * normal()),
  }));
}
