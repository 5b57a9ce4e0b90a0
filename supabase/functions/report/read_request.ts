import { z } from "zod";
import type { Member } from "../_shared/platform/http/authenticate_member.ts";
import { type FieldError, fieldErrorsOf } from "../_shared/platform/http/field_error.ts";
import { Problem, unauthenticated } from "../_shared/platform/http/problem.ts";
import { listParameters } from "../_shared/platform/http/read_query.ts";
import type { OwnerLink, ReportViewer } from "../_shared/report/report_view.ts";
import { REPORT_FORMATS } from "./render_report.ts";

/**
 * Caller of the function: the holder of a report's link or of its owner's link, or a member or key of
 * an account.
 */
export type Caller =
  | { readonly token: string }
  | { readonly ownerToken: string; readonly link: OwnerLink }
  | { readonly member: Member };

const querySchema = z.strictObject({
  report_id: z.guid().optional(),
  format: z.enum(REPORT_FORMATS).default("json"),
  table: z.enum(["models", "runs"]).default("models"),
  revision: z.string().regex(/^[1-9]\d{0,8}$/, { error: "Expected a whole number, at least 1." })
    .transform(Number).optional(),
});

/**
 * Query parameters of a request for a report. `table` applies to CSV only. `revision` defaults to
 * the newest complete one.
 */
type ReportQuery = z.output<typeof querySchema>;

/**
 * Reads the query parameters, and returns them with the viewer: the holder of a link, or the
 * account of the report named by `report_id`.
 *
 * @throws {Problem} `request.malformed`, which names each invalid parameter: also `report_id` if it is
 * given besides a token, or neither is given.
 */
export function readRequest(
  request: Request,
  caller: Caller,
): { readonly query: ReportQuery; readonly viewer: ReportViewer } {
  const query = parseQuery(listParameters(request));
  return { query, viewer: viewerOf(caller, query) };
}

/**
 * Returns the report of a request that only its account may make.
 *
 * @throws {Problem} Those of {@link readRequest}; `auth.required` for visitors.
 */
export function readOwned(request: Request, caller: Caller): OwnerLink {
  const { viewer } = readRequest(request, caller);
  if ("token" in viewer) {
    throw unauthenticated("auth.required", "Only the report's account may do this.");
  }
  return viewer;
}

function parseQuery(parameters: Readonly<Record<string, string>>): ReportQuery {
  if ("token" in parameters) {
    throw refused([{
      path: "token",
      code: "unknown_field",
      message: "Send the token in the header x-share-token, because URLs end up in logs.",
    }]);
  }
  const parsed = querySchema.safeParse(parameters);
  if (!parsed.success) throw refused(fieldErrorsOf(parsed.error));
  return parsed.data;
}

function viewerOf(caller: Caller, { report_id: reportId }: ReportQuery): ReportViewer {
  const fault = (code: string, message: string) => refused([{ path: "report_id", code, message }]);
  if (!("member" in caller)) {
    if (reportId !== undefined) {
      throw fault("unexpected", "Leave report_id out: the token belongs to one report.");
    }
    return "token" in caller ? caller : caller.link;
  }
  if (reportId === undefined) {
    throw fault("required", "Name the report, or send its token in the header x-share-token.");
  }
  return { reportId, ownerId: caller.member.accountId };
}

function refused(errors: readonly FieldError[]): Problem {
  return new Problem("request.malformed", "A query parameter is invalid.", { errors });
}
