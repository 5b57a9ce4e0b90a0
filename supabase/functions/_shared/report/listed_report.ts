import { z } from "zod";

/** Statuses of a report. */
export const REPORT_STATUSES = [
  "draft",
  "awaiting_payment",
  "paid",
  "running",
  "complete",
  "failed",
  "refunded",
  "expired",
] as const;

/** A report in its owner's list. */
export const listedReportSchema = z.object({
  report_id: z.string(),
  /** Name of the draft that it was ordered with; empty if it had none. */
  name: z.string(),
  status: z.string(),
  /** Null unless it is complete and a model is good enough. */
  recommended_model: z.string().nullable(),
  model_count: z.number(),
  image_count: z.number(),
  /** USD that the providers charged; null until it has ended. */
  cost_usd: z.number().nullable(),
  created_at: z.string(),
  completed_at: z.string().nullable(),
});
export type ListedReport = z.infer<typeof listedReportSchema>;

/** Part of a list of reports, which begins with the newest one. */
export interface ReportListQuery {
  readonly limit: number;
  /** Null for all of them. */
  readonly status: string | null;
  /** Id of the report after which the part begins; null for the first part. */
  readonly after: string | null;
}
