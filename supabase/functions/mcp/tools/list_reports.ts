import { z } from "zod";
import {
  type ListedReport,
  listedReportSchema,
  REPORT_STATUSES,
  type ReportListQuery,
} from "../../_shared/report/listed_report.ts";
import { READS_ONLY, type Tool } from "../tool.ts";

const input = z.strictObject({
  status: z.enum(REPORT_STATUSES).optional(),
  limit: z.int().min(1).max(100).default(20),
  after: z.guid().optional().describe("next_after of the page before."),
});
const output = z.object({
  reports: z.array(listedReportSchema).describe("The newest first. Costs are in USD."),
  next_after: z.string().nullable().describe("Pass it as after for the next page; null: none."),
});

/** Lists reports of an owner. */
type ListReports = (ownerId: string, query: ReportListQuery) => Promise<ListedReport[]>;

/** Creates the tool that lists the user's benchmark reports. */
export function createListReports(
  listReports: ListReports,
): Tool<typeof input, typeof output> {
  return {
    name: "list_reports",
    title: "List benchmark reports",
    description:
      "Lists the user's benchmark reports: each compares vision models on the user's images and recommends one.",
    input,
    output,
    annotations: READS_ONLY,
    run: async ({ status = null, limit, after = null }, { member }) => {
      const found = await listReports(member.accountId, { status, limit: limit + 1, after });
      const reports = found.slice(0, limit);
      const next = found.length > limit ? reports.at(-1)?.report_id ?? null : null;
      return { output: { reports, next_after: next } };
    },
  };
}
