import type { z } from "zod";
import { isJsonObject, type JsonValue } from "../json/json_value.ts";
import {
  ACCOUNT_FIELD,
  actForNamed,
  describeMember,
  type Member,
  type MemberDeps,
  type Permission,
} from "./authenticate_member.ts";
import { checkShape, parseBody } from "./body.ts";
import type { RequestContext } from "./pipeline.ts";

/** A body, and its sender as they act for the account that the body names. */
export interface MemberBody<Body> {
  readonly body: Body;
  readonly caller: Member;
}

/**
 * Reads the body of a member's request as JSON in the shape of `schema`, besides `account_id`. Use the
 * caller that it returns.
 *
 * @throws {Problem} Those of `readJson` and {@link actForNamed}.
 */
export async function readMemberBody<Schema extends z.ZodType>(
  { accounts }: Pick<MemberDeps, "accounts">,
  { request, caller, note }: Pick<RequestContext<Member>, "request" | "caller" | "note">,
  permission: Permission,
  schema: Schema,
  maxBytes: number,
): Promise<MemberBody<z.output<Schema>>> {
  const value = await parseBody(request, maxBytes);
  if (!isJsonObject(value as JsonValue) || !Object.hasOwn(value as object, ACCOUNT_FIELD)) {
    return { body: await checkShape(value, schema), caller };
  }
  const { [ACCOUNT_FIELD]: accountId, ...rest } = value as Record<string, unknown>;
  const acting = await actForNamed(accounts, request, caller, accountId, permission);
  note(describeMember(acting));
  return { body: await checkShape(rest, schema), caller: acting };
}
