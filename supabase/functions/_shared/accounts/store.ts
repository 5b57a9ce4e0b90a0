import postgres from "postgres";
import { actAs } from "../platform/act_as.ts";
import { type Database, TEXT_ARRAY } from "../platform/database.ts";
import type { Member, Role, Scope } from "../platform/http/authenticate_member.ts";
import { notFound, Problem, rateLimited } from "../platform/http/problem.ts";

const DAY_SECONDS = 86_400;

/** Ceilings of an account in USD; null for none. */
export interface Budgets {
  readonly prompts_usd_per_month: number | null;
  readonly reviews_usd_per_day: number | null;
}

/**
 * People, keys and budgets of accounts. Each method runs with the rights of the member or key that calls, and
 * returns the JSON of the database.
 *
 * @throws {Problem} `account.role_required`, `resource.not_found`, `resource.conflict`,
 * `request.rate_limited`.
 */
export type AccountStore = ReturnType<typeof createAccountStore>;

/** Creates {@link AccountStore}. */
export function createAccountStore(sql: Database) {
  const ask = async (
    member: Member,
    statement: (sql: postgres.TransactionSql) => PromiseLike<readonly postgres.Row[]>,
  ): Promise<unknown> => {
    try {
      const [row] = await actAs(sql, member, statement);
      return row?.["result"] ?? null;
    } catch (error) {
      throw toAccountProblem(error);
    }
  };
  return {
    describe: (member: Member) =>
      ask(member, (sql) =>
        sql`
          select jsonb_build_object(
            'account', to_jsonb(a) - 'user_id'
              || jsonb_build_object('role', private.account_role(a.id)),
            'budgets', (
              select to_jsonb(b) - 'account_id' from public.account_budgets b where b.account_id = a.id
            ),
            'members', (
              select coalesce(jsonb_agg(to_jsonb(m) - 'account_id' order by m.created_at), '[]')
              from public.memberships m where m.account_id = a.id
            ),
            'invitations', (
              select coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'email', i.email, 'role', i.role,
                'invited_by', i.invited_by, 'created_at', i.created_at, 'expires_at', i.expires_at)
                order by i.created_at), '[]')
              from public.invitations i where i.account_id = a.id and i.accepted_at is null
            ),
            'keys', (
              select coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'name', k.name, 'prefix', k.prefix,
                'scopes', k.scopes, 'expires_at', k.expires_at, 'revoked_at', k.revoked_at,
                'last_used_at', k.last_used_at, 'created_by', k.created_by, 'created_at', k.created_at)
                order by k.created_at), '[]')
              from public.account_keys k where k.account_id = a.id
            )
          ) as result
          from public.accounts a where a.id = ${member.accountId}::uuid`),
    /** @param before id of the last entry of the page before; null for the first page. */
    listAudit: (member: Member, before: number | null, limit: number) =>
      ask(member, (sql) =>
        sql`
          select coalesce(jsonb_agg(to_jsonb(l) - 'account_id' order by l.id desc), '[]') as result
          from (
            select * from public.audit_log
            where account_id = ${member.accountId}::uuid
              and (${before}::bigint is null or id < ${before}::bigint)
            order by id desc limit ${limit}::integer
          ) l`),
    invite: (member: Member, email: string, role: Role) =>
      ask(
        member,
        (sql) =>
          sql`select public.invite_member(${member.accountId}::uuid, ${email}, ${role}) as result`,
      ),
    revokeInvitation: (member: Member, id: string) =>
      ask(member, (sql) => sql`select public.revoke_invitation(${id}::uuid)::text as result`),
    setRole: (member: Member, userId: string, role: Role) =>
      ask(member, (sql) =>
        sql`
          select public.set_member_role(${member.accountId}::uuid, ${userId}::uuid, ${role}) as result`),
    removeMember: (member: Member, userId: string) =>
      ask(member, (sql) =>
        sql`
          select public.remove_member(${member.accountId}::uuid, ${userId}::uuid)::text as result`),
    setBudgets: (member: Member, budgets: Budgets) =>
      ask(member, (sql) =>
        sql`
          select public.set_account_budgets(
            ${member.accountId}::uuid, ${budgets.prompts_usd_per_month}::numeric,
            ${budgets.reviews_usd_per_day}::numeric
          ) as result`),
    createKey: (
      member: Member,
      name: string,
      scopes: readonly Scope[],
      expiresAt: string | null,
    ) =>
      ask(member, (sql) =>
        sql`
          select public.create_account_key(
            ${member.accountId}::uuid, ${name}, ${sql.array([...scopes], TEXT_ARRAY)},
            ${expiresAt}::timestamptz
          ) as result`),
    revokeKey: (member: Member, id: string) =>
      ask(member, (sql) => sql`select public.revoke_account_key(${id}::uuid)::text as result`),
  };
}

/** Translates the errors that the database functions raise on purpose. */
function toAccountProblem(error: unknown): unknown {
  if (!(error instanceof postgres.PostgresError)) return error;
  if (error.code === "PT404") return notFound("The invitation, member or key");
  if (error.code === "PT403") {
    return new Problem("account.role_required", `${error.message}.`, { cause: error });
  }
  if (error.code === "PT409") {
    return new Problem("resource.conflict", `${error.message}.`, { cause: error });
  }
  // Invitations are counted by days, which end at midnight UTC.
  if (error.code === "PT429") {
    return rateLimited(Math.ceil(DAY_SECONDS - Date.now() / 1000 % DAY_SECONDS));
  }
  return error;
}
