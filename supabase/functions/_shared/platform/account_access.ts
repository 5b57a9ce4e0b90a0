import { z } from "zod";
import { type Database, query } from "./database.ts";
import { type AccountAccess, type MemberDeps, ROLES, SCOPES } from "./http/authenticate_member.ts";
import { adminKeyOf, type memberEnv, type platformEnv } from "./env.ts";
import { createUserLookup } from "./user_lookup.ts";

const roleSchema = z.enum(ROLES).nullable();

const keySchema = z.union([
  z.object({ retry_after_seconds: z.number() })
    .transform((waiting) => ({ retryAfterSeconds: waiting.retry_after_seconds })),
  z.object({
    account_id: z.guid(),
    key_id: z.guid(),
    scopes: z.array(z.enum(SCOPES)),
    role: roleSchema,
  }).transform(({ account_id, key_id, scopes, role }) => ({
    accountId: account_id,
    keyId: key_id,
    scopes,
    role,
  })),
]).nullable();

/** Reads memberships, and counts uses of keys. */
export function createAccountAccess(sql: Database, requestsPerMinute: number): AccountAccess {
  return {
    async findRole(userId, accountId) {
      const [row] = await query(() =>
        sql`select private.account_role_of(${accountId}::uuid, ${userId}::uuid) as role`
      );
      return roleSchema.parse(row?.["role"]);
    },
    async takeKey(keyHash) {
      const [row] = await query(() =>
        sql`select private.use_account_key(${keyHash}::text, ${requestsPerMinute}::integer) as used`
      );
      return keySchema.parse(row?.["used"]);
    },
  };
}

type MemberEnv = z.output<z.ZodObject<typeof platformEnv & typeof memberEnv>>;

/** Returns what tells the members and keys of accounts from others. */
export function connectMembers(env: MemberEnv, sql: Database): MemberDeps {
  return {
    lookUpUser: createUserLookup({ supabaseUrl: env.SUPABASE_URL, key: adminKeyOf(env) }),
    accounts: createAccountAccess(sql, env.ACCOUNT_KEY_REQUESTS_PER_MINUTE),
  };
}
