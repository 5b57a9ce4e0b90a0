import { z } from "zod";
import { intervalSchema } from "./interval.ts";

/** Comparison of one model with the best one, on the images that both were run on. */
const modelComparisonSchema = z.object({
  modelId: z.string(),
  /** Number of those images. */
  images: z.number(),
  /** Mean over the images of this model's score minus the best's, in points; null without images. */
  difference: z.number().nullable(),
  /**
   * Interval that holds the true difference with 95 % confidence, corrected by Holm's method for the
   * number of models compared. It excludes 0 exactly if the two differ significantly. Null for fewer
   * than two images.
   */
  interval: intervalSchema.nullable(),
  /**
   * Two-sided p-value: the largest of the sign-flip test, of t corrected for skewness, and of the
   * chance that these images lack one of a kind that would make the two equal. Null for fewer than 6
   * images.
   */
  pValue: z.number().nullable(),
  /** The same, with the first two corrected by Holm's method over all models tested. */
  adjustedPValue: z.number().nullable(),
  /** `worse`: the whole interval lies below 0. `too_few_images`: no test was made. */
  verdict: z.enum(["worse", "indistinguishable", "too_few_images"]),
  /**
   * Number of further images that would probably show the difference, if it is as measured. Null if
   * it is significant already or if more than 1,000 images would be needed.
   */
  moreImages: z.number().nullable(),
  /** Share of the differences' variance that comes from repeats, 0 to 1; null if nothing varies. */
  repeatShare: z.number().nullable(),
});
export type ModelComparison = z.infer<typeof modelComparisonSchema>;

/** Comparison of all models with the best one. */
export const fieldComparisonSchema = z.object({
  /** The model compared with: the one named, or the one with the highest mean over its images. */
  bestModelId: z.string().nullable(),
  /** True if there are enough images for any difference at all to be significant. */
  enoughImages: z.boolean(),
  /** Smallest number of images for that. */
  imagesNeeded: z.number(),
  /** Ids of the best model and of those tested that do not differ from it significantly. */
  indistinguishable: z.array(z.string()),
  /** One for each model but the best, in the order given. */
  comparisons: z.array(modelComparisonSchema),
});
export type FieldComparison = z.infer<typeof fieldComparisonSchema>;
