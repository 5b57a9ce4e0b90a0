import { z } from "zod";
import type { ConfigSnapshot } from "../_shared/benchmark/config.ts";
import { checkRuleChanges } from "../_shared/benchmark/order/check_rule_changes.ts";
import { readJson } from "../_shared/platform/http/body.ts";
import { invalid, notFound, unauthenticated } from "../_shared/platform/http/problem.ts";
import { type JsonObject, jsonObjectSchema } from "../_shared/platform/json/json_value.ts";
import type { Caller } from "./read_request.ts";

/** A scoring of a report's stored answers. */
export interface Revision {
  readonly report_id: string;
  readonly revision: number;
  readonly status: "scoring" | "complete";
  readonly scorer_version: number;
  /** True if this request began it. */
  readonly is_new: boolean;
}

/** Part of a report's configuration that scoring depends on. */
export type Order = Pick<ConfigSnapshot, "json_schema" | "images">;

/** Where reports are scored again. */
export interface Rescoring {
  /** Returns the order, or null if the report does not exist or belongs to another user. */
  loadOrder(reportId: string, ownerId: string): Promise<Order | null>;
  /**
   * Begins a revision, or finds the one of the same scorer and rules. Null keeps the rules.
   *
   * @throws {Problem} `resource.not_found` unless the report has ended; `resource.conflict` while it is
   * scored by other rules.
   */
  open(reportId: string, schema: JsonObject | null): Promise<Revision>;
}

/** A schema of the largest size that there is. */
const MAX_BODY_BYTES = 1024 * 1024;

const bodySchema = z.strictObject({
  report_id: z.guid(),
  json_schema: jsonObjectSchema.optional(),
});

/**
 * Has a report's answers scored again for its owner.
 *
 * @throws {Problem} as {@link Rescoring.open}; `auth.required` for whoever only holds the link;
 * `request.invalid` for rules that cannot be followed.
 */
export async function rescoreReport(
  rescoring: Rescoring,
  request: Request,
  caller: Caller,
): Promise<Revision> {
  if ("token" in caller) {
    throw unauthenticated("auth.required", "Only its owner, signed in, has a report rescored.");
  }
  const body = await readJson(request, bodySchema, MAX_BODY_BYTES);
  const order = await rescoring.loadOrder(body.report_id, caller.user.id);
  if (order === null) throw notFound("The report");
  if (body.json_schema !== undefined) {
    const problems = checkRuleChanges(order, body.json_schema);
    if (problems.length > 0) throw invalid(problems);
  }
  return await rescoring.open(body.report_id, body.json_schema ?? null);
}
