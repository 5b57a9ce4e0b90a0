import { z } from "zod";
import { checkRuleChanges } from "../_shared/benchmark/order/check_rules.ts";
import type { MemberDeps } from "../_shared/platform/http/authenticate_member.ts";
import { readJson } from "../_shared/platform/http/body.ts";
import { readMemberBody } from "../_shared/platform/http/member_body.ts";
import type { RequestContext } from "../_shared/platform/http/pipeline.ts";
import { invalid, notFound, unauthenticated } from "../_shared/platform/http/problem.ts";
import { jsonObjectSchema } from "../_shared/platform/json/json_value.ts";
import type { Rescoring, Revision } from "../_shared/report/rescoring.ts";
import type { Caller } from "./read_request.ts";

/** Size that holds every valid schema. */
const MAX_BODY_BYTES = 1024 * 1024;

const bodySchema = z.strictObject({
  report_id: z.guid(),
  json_schema: jsonObjectSchema.optional(),
});

/** Body of a request by the owner's link, which names the report. */
const linkBodySchema = bodySchema.pick({ json_schema: true });

/**
 * Starts rescoring a report's stored answers for a member of its account or the holder of its owner's
 * link.
 *
 * @throws {Problem} Those of {@link Rescoring.open}; `auth.required` if the caller only holds the
 * link; `request.invalid` for rules that cannot be followed.
 */
export async function rescoreReport(
  deps: Pick<MemberDeps, "accounts"> & { readonly rescoring: Rescoring },
  context: RequestContext<Caller>,
): Promise<Revision> {
  const { rescoring } = deps;
  const { caller } = context;
  if ("token" in caller) {
    throw unauthenticated(
      "auth.required",
      "Only members of the report's account can have it rescored.",
    );
  }
  const { reportId, ownerId, schema } = await readRescoring(deps, context, caller);
  const order = await rescoring.loadOrder(reportId, ownerId);
  if (order === null) throw notFound("The report");
  if (schema !== undefined) {
    const problems = checkRuleChanges(order, schema);
    if (problems.length > 0) throw invalid(problems);
  }
  return await rescoring.open(reportId, schema ?? null);
}

async function readRescoring(
  deps: Pick<MemberDeps, "accounts">,
  context: RequestContext<Caller>,
  caller: Exclude<Caller, { token: string }>,
) {
  if ("link" in caller) {
    const { json_schema } = await readJson(context.request, linkBodySchema, MAX_BODY_BYTES);
    return { ...caller.link, schema: json_schema };
  }
  const asMember = { ...context, caller: caller.member };
  const { body, caller: { accountId } } = await readMemberBody(
    deps,
    asMember,
    "run",
    bodySchema,
    MAX_BODY_BYTES,
  );
  return { reportId: body.report_id, ownerId: accountId, schema: body.json_schema };
}
