import { z } from "zod";
import { readJson } from "../_shared/platform/http/body.ts";
import { notFound, unauthenticated } from "../_shared/platform/http/problem.ts";
import type { Sharing } from "../_shared/report/report_view.ts";
import type { ReportViews } from "../_shared/report/store.ts";
import type { Caller } from "./read_request.ts";

const MAX_BODY_BYTES = 1024;

const bodySchema = z.discriminatedUnion("change", [
  z.strictObject({ change: z.enum(["rotate", "revoke"]) }),
  z.strictObject({
    change: z.literal("set"),
    expires_at: z.iso.datetime({ offset: true }).nullable(),
    shares_order: z.boolean(),
  }),
]);

/**
 * Changes the link that a report is shared by, for the holder of its owner's link.
 *
 * @throws {Problem} `auth.required` for every other caller; members call the RPCs of the database.
 */
export async function changeSharing(
  reports: Pick<ReportViews, "changeSharing">,
  request: Request,
  caller: Caller,
): Promise<Sharing> {
  if (!("link" in caller)) {
    throw unauthenticated(
      "auth.required",
      "Send the owner's token in the header x-owner-token, or call rpc/set_sharing as a member.",
    );
  }
  const change = await readJson(request, bodySchema, MAX_BODY_BYTES);
  const sharing = await reports.changeSharing(caller.ownerToken, change);
  // The link may have been replaced since it was checked.
  if (sharing === null) throw notFound("The report");
  return sharing;
}
