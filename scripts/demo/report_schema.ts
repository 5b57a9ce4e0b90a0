import { z } from "zod";
import { reportSummarySchema } from "../../supabase/functions/_shared/report/report_summary.ts";

/** Columns of `reports` that the demo prints once the report has ended. */
export const finishedReportSchema = z.object({
  status: z.string(),
  share_token: z.string(),
  recommended_model: z.string().nullable(),
  rationale: z.string().nullable(),
  total_api_cost: z.coerce.number().nullable(),
  partial_reason: z.string().nullable(),
  error: z.string().nullable(),
  summary: reportSummarySchema.nullable(),
});
export type FinishedReport = z.infer<typeof finishedReportSchema>;
