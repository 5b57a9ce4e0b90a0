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

/** Payment of an order. Amounts are in the smallest unit of the currency. */
const paymentSchema = z.object({
  /** Null before the payment. */
  paid_amount: z.number().nullable(),
  currency: z.string().nullable(),
  /** True if all of it is being refunded because the report failed. */
  is_refunding: z.boolean(),
  is_paid_by_credit: z.boolean(),
  /** Credits of the account; null unless the order was paid by one or bought some. */
  credits: z.number().nullable(),
}).transform(({ paid_amount, currency, is_refunding, is_paid_by_credit, credits }) => ({
  amount: paid_amount ?? 0,
  currency: currency ?? "usd",
  isRefunding: is_refunding,
  isPaidByCredit: is_paid_by_credit,
  credits,
}));
export type OrderPayment = z.output<typeof paymentSchema>;

/** Data of a report for the e-mails to its customer, read from the JSON of `load_report`. */
export const reportNoticeSchema = z.object({
  report_id: z.string(),
  status: z.string(),
  /** Null if the account was deleted. */
  owner_email: z.string().nullable(),
  share_token: z.string().nullable(),
  /** Null if the vault lost the key of owners' links. */
  owner_token: z.string().nullable(),
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
  /** Reason why it failed, in words for its customer; null if it did not. */
  error: z.string().nullable(),
  payment: paymentSchema,
  config_snapshot: z.object({
    images: z.array(z.unknown()),
    runs_per_model: z.number(),
    looks: z.array(z.number()).default([]),
    models: z.array(z.object({ id: z.string(), name: z.string() })),
  }),
}).transform(({ config_snapshot: { images, models, runs_per_model, looks }, ...report }) => {
  const recommended = models.find(({ id }) => id === report.recommended_model);
  return {
    reportId: report.report_id,
    status: report.status,
    recipient: report.owner_email,
    shareToken: report.share_token,
    ownerToken: report.owner_token,
    modelCount: models.length,
    unmeasuredCount: report.unmeasured_models,
    imageCount: images.length,
    runsPerModel: runs_per_model,
    isRace: looks.length > 0,
    error: report.error,
    payment: report.payment,
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

/** Statuses of a report in which an e-mail about it still says what is so. */
const STATUSES = {
  received: ["paid", "running", "complete"],
  ready: ["complete"],
  // The refund of a failed report may be faster than the e-mail that announces it.
  failed: ["failed", "refunded"],
  refunded: ["refunded"],
} as const;

/** Returns the reason why no e-mail is sent for a report, or null if one is sent. */
export function reasonForSilence(
  notice: ReportNotice,
  kind: keyof typeof STATUSES,
): string | null {
  const statuses: readonly string[] = STATUSES[kind];
  if (!statuses.includes(notice.status)) return `the report is ${notice.status}`;
  if (notice.recipient === null) return "the account has no e-mail address";
  if (notice.ownerToken === null && notice.shareToken === null) return "the report has no link";
  return null;
}
