import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import type { ModelScores } from "../../supabase/functions/_shared/statistics/model_scores.ts";

/** What kinds of models compete. */
export interface FieldShape {
  readonly models: number;
  readonly images: number;
  readonly repeats: number;
  /** How far the models' skills spread, in logits: 1 takes accuracy from about 70 to 97 %. */
  readonly skillSpread: number;
  /** So many models share the highest skill. */
  readonly tied: number;
}

/** A model of a simulated field. */
export interface SimulatedModel extends ModelScores {
  /** USD a run. */
  readonly cost: number;
}

/** Fields of a document, each right or wrong. */
const FIELDS = 12;
/** Logits: of a middling model on a middling image, how images differ, and how models do on them. */
const SKILL = 2;
const DIFFICULTY_SPREAD = 1;
const TASTE_SPREAD = 0.5;
/** Dearer models tend to be better, loosely: orders of magnitude of cost, by chance and by skill. */
const COST_SPREAD = 1;
const COST_BY_SKILL = 0.5;

/**
 * A field of models drawn at random: an image's difficulty falls on all models, each has a taste of
 * its own, and the repeats on an image differ by chance. The same seed draws the same field.
 */
export function drawField(shape: FieldShape, seed: number): SimulatedModel[] {
  const generator = xoroshiro128plus(seed);
  const uniform = () => uniformFloat64(generator);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const difficulties = Array.from({ length: shape.images }, () => DIFFICULTY_SPREAD * normal());
  const offsets = Array.from({ length: shape.models }, () => shape.skillSpread * normal())
    .sort((one, other) => other - one);
  return offsets.map((own, index) => {
    const offset = index < shape.tied ? offsets[0] ?? own : own;
    const byImage = difficulties.map((difficulty, image): [number, number[]] => {
      const logit = SKILL + offset - difficulty + TASTE_SPREAD * normal();
      const share = 1 / (1 + Math.exp(-logit));
      const score = () => {
        let right = 0;
        for (let field = 0; field < FIELDS; field++) right += uniform() < share ? 1 : 0;
        return (100 * right) / FIELDS;
      };
      return [image, Array.from({ length: shape.repeats }, score)];
    });
    return {
      modelId: `m${index}`,
      byImage: new Map(byImage),
      cost: 10 ** (-3 + COST_BY_SKILL * offset + COST_SPREAD * normal()),
    };
  });
}
