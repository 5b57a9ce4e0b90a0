import type { ModelScores } from "../../supabase/functions/_shared/statistics/model_scores.ts";
import { type Draws, drawsOf } from "../../supabase/functions/_shared/testing/simulated_fields.ts";

/** What kinds of models compete. */
export interface FieldShape {
  readonly models: number;
  readonly images: number;
  readonly repeats: number;
  /** How far the models' skills spread, in logits: 1 takes accuracy from about 70 to 97 %. */
  readonly skillSpread: number;
  /** So many models share the highest skill. */
  readonly tied: number;
  /** How much better the best of them is than drawn, and how much worse the worst, in logits. */
  readonly lead?: number;
  readonly lag?: number;
  /**
   * Images differ by a distribution with heavy tails (Student's t, 2 degrees of freedom), and a
   * twentieth of the answers is no JSON at all.
   */
  readonly isHeavyTailed?: boolean;
}

/** A model of a simulated field. */
export interface SimulatedModel extends ModelScores {
  /** USD a run. */
  readonly cost: number;
  /** Duration of a run. */
  readonly milliseconds: number;
}

/** Fields of a document, each right or wrong. */
const FIELDS = 12;
/** Logits: of a middling model on a middling image, how images differ, and how models do on them. */
const SKILL = 2;
const DIFFICULTY_SPREAD = 1;
const TASTE_SPREAD = 0.5;
const UNREADABLE_SHARE = 0.05;
/**
 * Dearer and slower models tend to be better, loosely: orders of magnitude of cost and time, by chance
 * and by skill.
 */
const COST_SPREAD = 1;
const COST_BY_SKILL = 0.5;
const TIME_SPREAD = 0.3;
const TIME_BY_SKILL = 0.15;
const MILLISECONDS = 3_000;

/**
 * A field of models drawn at random: an image's difficulty falls on all models, each has a taste of
 * its own, and the repeats on an image differ by chance. The same seeds draw the same field; with
 * another `imageSeed` the same models read other images.
 */
export function drawField(shape: FieldShape, seed: number, imageSeed = seed): SimulatedModel[] {
  const models = drawModels(shape, drawsOf(2 * seed));
  const { uniform, normal } = drawsOf(2 * imageSeed + 1);
  // t with 2 degrees of freedom, its middle as wide as the normal's.
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
        let right = 0;
        for (let field = 0; field < FIELDS; field++) right += uniform() < share ? 1 : 0;
        return (100 * right) / FIELDS;
      };
      return [image, Array.from({ length: shape.repeats }, score)];
    });
    return { modelId: `m${index}`, byImage: new Map(byImage), cost, milliseconds };
  });
}

/** The best first; skill in logits. */
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
