import { z } from "zod";
import { fieldErrorsOf } from "../_shared/platform/http/field_error.ts";
import { invalid, notFound, Problem, unauthenticated } from "../_shared/platform/http/problem.ts";
import { type ComparedReport, compareReports } from "../_shared/report/compare_reports.ts";
import { listParameters } from "../_shared/platform/http/read_query.ts";
import type { ReportComparison } from "../_shared/report/report_comparison.ts";
import type { ReportViews } from "../_shared/report/store.ts";
import type { Caller } from "./read_request.ts";

const querySchema = z.strictObject({ before: z.guid(), after: z.guid() });

/**
 * Compares two reports of an account, for its members or the holder of the owner's link of either.
 *
 * @throws {Problem} `request.malformed` naming each parameter; `auth.required` for visitors;
 * `resource.not_found`; `request.invalid` if the reports have no image in common.
 */
export async function compareTwoReports(
  reports: Pick<ReportViews, "view" | "viewImages">,
  request: Request,
  caller: Caller,
): Promise<ReportComparison> {
  if ("token" in caller) {
    throw unauthenticated("auth.required", "Only who owns two reports can compare them.");
  }
  const query = querySchema.safeParse(listParameters(request));
  if (!query.success) {
    throw new Problem("request.malformed", "A query parameter is invalid.", {
      errors: fieldErrorsOf(query.error),
    });
  }
  const { before, after } = query.data;
  const isOfLink = !("link" in caller) || [before, after].includes(caller.link.reportId);
  if (!isOfLink) throw notFound("The report");
  const ownerId = "link" in caller ? caller.link.ownerId : caller.member.accountId;
  const load = async (reportId: string): Promise<ComparedReport> => {
    const viewer = { reportId, ownerId };
    const [view, images] = await Promise.all([
      reports.view(viewer, { withRuns: true, revision: null }),
      reports.viewImages(viewer),
    ]);
    if (view === null || images === null) throw notFound("The report");
    return { view, images: images.sources };
  };
  const [old, current] = await Promise.all([load(before), load(after)]);
  const comparison = compareReports(old, current);
  if (comparison === null) {
    throw invalid([{
      path: "after",
      code: "no_common_image",
      message: "The reports have no image in common.",
    }]);
  }
  return comparison;
}
