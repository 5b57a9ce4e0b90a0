import { z } from "zod";
import { reportModelSchema } from "../report/model_summary.ts";

/** Measured figures of the recommended model. */
const recommendedFiguresSchema = reportModelSchema.pick({
  accuracy: true,
  accuracyInterval: true,
  costPerRun: true,
  medianLatency: true,
});
export type RecommendedFigures = z.infer<typeof recommendedFiguresSchema>;

/** Data of a report for the e-mail to its customer, read from the JSON of `load_report`. */
export const reportNoticeSchema = z.object({
  report_id: z.string(),
  status: z.string(),
  /** Null if the account was deleted. */
  owner_email: z.string().nullable(),
  share_token: z.string().nullable(),
  recommended_model: z.string().nullable(),
  /** Reasons for the recommendation, in a sentence or two. */
  rationale: z.string().nullable(),
  /** Reasons not to rely on the recommendation; null if there are none. */
  doubt: z.string().nullable(),
  /** Sentence that compares the most accurate model with the second; null if none was measured. */
  most_accurate: z.string().nullable(),
  recommended_figures: recommendedFiguresSchema.nullable(),
  /** Number of models without a counted call or answered for by another model. */
  unmeasured_models: z.number(),
  /** Reason why no model is recommended, in a sentence or two; null if one is. */
  no_recommendation: z.string().nullable(),
  /** Sentence on the images that were shrunk or converted; null if none was. */
  fitted_images: z.string().nullable(),
  config_snapshot: z.object({
    images: z.array(z.unknown()),
    models: z.array(z.object({ id: z.string(), name: z.string() })),
  }),
}).transform(({ config_snapshot: { images, models }, ...report }) => {
  const recommended = models.find(({ id }) => id === report.recommended_model);
  return {
    reportId: report.report_id,
    status: report.status,
    recipient: report.owner_email,
    shareToken: report.share_token,
    modelCount: models.length,
    unmeasuredCount: report.unmeasured_models,
    imageCount: images.length,
    fittedImages: report.fitted_images,
    recommendation: recommended === undefined ? null : {
      modelName: recommended.name,
      rationale: report.rationale,
      figures: report.recommended_figures,
      doubt: report.doubt,
      runnerUp: report.most_accurate,
    },
    noRecommendation: report.no_recommendation,
  };
});
export type ReportNotice = z.output<typeof reportNoticeSchema>;

/** The recommended model and the texts about it. */
export type Recommendation = NonNullable<ReportNotice["recommendation"]>;

/** Returns the reason why no e-mail is sent for a report, or null if one is sent. */
export function reasonForSilence(notice: ReportNotice): string | null {
  if (notice.status !== "complete") return `the report is ${notice.status}`;
  if (notice.recipient === null) return "the account has no e-mail address";
  if (notice.shareToken === null) return "the report has no link";
  return null;
}
