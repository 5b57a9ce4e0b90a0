import { z } from "zod";
import { checkRuleChanges } from "../_shared/benchmark/order/check_rules.ts";
import type { MemberDeps } from "../_shared/platform/http/authenticate_member.ts";
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

/**
 * Starts rescoring a report's stored answers for a member of its account.
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
  const asMember = { ...context, caller: caller.member };
  const { body, caller: { accountId } } = await readMemberBody(
    deps,
    asMember,
    "run",
    bodySchema,
    MAX_BODY_BYTES,
  );
  const order = await rescoring.loadOrder(body.report_id, accountId);
  if (order === null) throw notFound("The report");
  if (body.json_schema !== undefined) {
    const problems = checkRuleChanges(order, body.json_schema);
    if (problems.length > 0) throw invalid(problems);
  }
  return await rescoring.open(body.report_id, body.json_schema ?? null);
}
