/**
 * The JSON of `reports.summary`. It is kept as it was when the report ended or was last rescored:
 * give a field that is added later a default, so that reports stored before it stay readable.
 */
import { z } from "zod";
import { fieldErrorSchema } from "../compare/output_score.ts";
import { dataPolicySchema } from "../models/data_policy.ts";
import { fieldComparisonSchema } from "../statistics/field_comparison.ts";
import { reportModelSchema } from "./model_summary.ts";

/** A mistake and how often it was made. */
const fieldErrorSummarySchema = fieldErrorSchema.extend({
  occurrences: z.number(),
  /** Percentage of all runs examined, 0 to 100. */
  percentage: z.number(),
});
export type FieldErrorSummary = z.infer<typeof fieldErrorSummarySchema>;

/** A field that one model often gets wrong, and its most frequent mistake there. */
const errorPatternSchema = z.object({
  modelName: z.string(),
  modelId: z.string(),
  /** Path such as `items[0].price`. */
  fieldPath: z.string(),
  /** Number of the model's runs in which the field is wrong, missing or extra. */
  occurrences: z.number(),
  /**
   * Present if all of these are right but in another format than expected. Real mistakes are a
   * pattern of their own.
   */
  formatOnly: z.literal(true).exactOptional(),
  totalRuns: z.number(),
  /** Percentage of those runs, 10 to 100. */
  percentage: z.number(),
  /** Expected value of the most frequent mistake; absent if none was expected. */
  commonExpected: fieldErrorSchema.shape.expected,
  /** Value given in that mistake; absent if the field was missing. */
  commonActual: fieldErrorSchema.shape.actual,
});
export type ErrorPattern = z.infer<typeof errorPatternSchema>;

/** Model that leads in one respect, with a sentence that compares it with the second. */
const namedPickSchema = z.object({
  modelId: z.string(),
  /** Second in that respect; null if there is none. */
  runnerUpId: z.string().nullable(),
  /**
   * Lead over the second, in points, US dollars or milliseconds; null if there is no second.
   * Negative if the second scored higher on the images that both read.
   */
  difference: z.number().nullable(),
  /**
   * True if chance hardly explains the lead, false if it may; null if there is no second or too
   * little was measured to tell.
   */
  certain: z.boolean().nullable(),
  text: z.string(),
});
export type NamedPick = z.infer<typeof namedPickSchema>;

/** Models that lead in accuracy, cost and speed; null if no model does. */
const picksSchema = z.object({
  /** Most accurate of the models that can be compared. */
  mostAccurate: namedPickSchema.nullable(),
  /** Cheapest of the good enough models whose cost is known. */
  cheapestGoodEnough: namedPickSchema.nullable(),
  /** Good enough model with the lowest known median latency. */
  fastestGoodEnough: namedPickSchema.nullable(),
});
export type Picks = z.infer<typeof picksSchema>;

/** Reason why no model is recommended. */
const noRecommendationSchema = z.object({
  code: z.enum(["nothing_measured", "below_minimum"]),
  text: z.string(),
});
export type NoRecommendation = z.infer<typeof noRecommendationSchema>;

/** Warning that the report has too few images to tell differences in accuracy from chance. */
const cautionSchema = z.object({
  code: z.literal("few_images"),
  /** Largest number of images that a compared model was measured on. */
  images: z.number(),
  /** Smallest number of images with which a difference can be told from chance. */
  imagesNeeded: z.number(),
  text: z.string(),
});
export type Caution = z.infer<typeof cautionSchema>;

/** Number of further images that would show which of two models is more accurate. */
const outlookSchema = z.object({
  modelId: z.string(),
  rivalId: z.string(),
  /** Null if more than 1,000 images would be needed. */
  moreImages: z.number().nullable(),
  /** The same in words. */
  text: z.string(),
});
export type Outlook = z.infer<typeof outlookSchema>;

/** Model that measured the highest accuracy, if another one is recommended. */
const higherAccuracySchema = z.object({
  modelId: z.string(),
  /**
   * Lead over the recommended model, in points: the mean over the images that both read. If those
   * are too few, it is the difference of the two accuracies.
   */
  points: z.number(),
  /**
   * Number of further images that would show whether the lead is chance. Null if that is settled,
   * if more than 1,000 images would be needed, or if the number cannot be estimated.
   */
  moreImages: z.number().nullable(),
  /** The same in words, to stand beside the recommendation. */
  text: z.string(),
});
export type HigherAccuracy = z.infer<typeof higherAccuracySchema>;

/** A model that its provider retires soon, as known when the report was ordered. */
const modelEndingSchema = z.object({
  modelId: z.string(),
  /** Day from which it may be unavailable, such as `2027-01-14`. */
  retiresAt: z.string(),
  /** Name of the model to use instead; null if none is known. */
  successor: z.string().nullable(),
  text: z.string(),
});
export type ModelEnding = z.infer<typeof modelEndingSchema>;

/** The images that were shrunk or converted before any model read them. */
const fittedImagesNoteSchema = z.object({
  /** Number of such images. */
  images: z.number(),
  text: z.string(),
});
export type FittedImagesNote = z.infer<typeof fittedImagesNoteSchema>;

/** What the order allowed to be done with its data. */
const dataPolicyNoteSchema = z.object({ ...dataPolicySchema.shape, text: z.string() });

/** Calls and cost that a race saved. */
const raceSavingSchema = z.object({
  /** Number of runs that were not made. */
  savedCalls: z.number(),
  /** Number of all runs, made or not. */
  allCalls: z.number(),
  /**
   * USD that they would have cost: each model's mean cost of a run or, if unknown, its predicted
   * cost.
   */
  savedUsd: z.number(),
});
export type RaceSaving = z.infer<typeof raceSavingSchema>;

/** Results that follow from a report's runs and the order's criteria alone. */
export const reportSummarySchema = z.object({
  /** The most accurate first; models that are not ranked come last. */
  models: z.array(reportModelSchema),
  /** Most frequent mistakes over all models, at most 20. */
  fieldErrors: z.array(fieldErrorSummarySchema),
  /** Most frequent first, at most 50. */
  errorPatterns: z.array(errorPatternSchema),
  /** Tests of whether the comparable models differ from the most accurate one. */
  comparison: fieldComparisonSchema,
  /**
   * Ids of the comparable models on the Pareto frontier of accuracy, cost and median latency.
   * Models with no field right are left out.
   */
  paretoModelIds: z.array(z.string()),
  /** Accuracy that a recommended model had to exceed, or at 100 reach, in percent of the fields. */
  minimumAccuracy: z.number(),
  /** Margin in points: a model behind the most accurate one by less may be recommended. */
  accuracyMargin: z.number(),
  /** Confidence, in percent, with which that had to be shown. */
  accuracyConfidence: z.number(),
  /** Sentence that says what "good enough" means by these three values. */
  goodEnough: z.string(),
  picks: picksSchema,
  /** Null if a model is recommended. */
  noRecommendation: noRecommendationSchema.nullable(),
  /** Warning to show once, above everything else; null if no warning is needed. */
  caution: cautionSchema.nullable(),
  /** Short text of the reasons not to rely on the recommendation; null if there are none. */
  doubt: z.string().nullable(),
  /** Reasons for the recommendation; null if no model is recommended. */
  reason: z.string().nullable(),
  /** Null if the recommended model measured the highest accuracy itself. */
  higherAccuracy: higherAccuracySchema.nullable(),
  /** Null if everything is settled or nothing was measured. */
  outlook: outlookSchema.nullable(),
  /** Models that are retired soon, the earliest first. */
  endings: z.array(modelEndingSchema),
  /** Null if every model read the images as they were uploaded. */
  fittedImages: fittedImagesNoteSchema.nullable(),
  /** Null if the order did not restrict what may happen to its data. */
  dataPolicy: dataPolicyNoteSchema.nullable(),
  /** Null if no race saved a call. */
  race: raceSavingSchema.nullable(),
  imageCount: z.number(),
  modelCount: z.number(),
});
export type ReportSummary = z.infer<typeof reportSummarySchema>;

/** Result of a report whose last run has ended. */
export type ReportConclusion =
  | {
    readonly status: "complete";
    readonly recommendedModelId: string | null;
    readonly rationale: string | null;
    readonly summary: ReportSummary;
    readonly error: null;
  }
  | {
    readonly status: "failed";
    readonly recommendedModelId: null;
    readonly rationale: null;
    readonly summary: ReportSummary;
    readonly error: string;
  };
