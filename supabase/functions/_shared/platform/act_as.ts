import type postgres from "postgres";
import { type Database, query } from "./database.ts";
import type { Member } from "./http/authenticate_member.ts";

/**
 * Runs a statement with the rights of a member or key: in a transaction as `authenticated`, with the claims
 * that row level security reads. No token is made, so none of the project's keys is needed.
 */
export async function actAs<Row>(
  sql: Database,
  { accountId, userId, keyId, scopes }: Member,
  statement: (sql: postgres.TransactionSql) => PromiseLike<readonly Row[]>,
): Promise<readonly Row[]> {
  const claims = {
    role: "authenticated",
    ...keyId === null ? { sub: userId } : { account_id: accountId, key_id: keyId, scopes },
  };
  const { rows } = await query(() =>
    sql.begin(async (sql) => {
      await sql`
        select set_config('request.jwt.claims', ${JSON.stringify(claims)}, true),
          set_config('modelpick.account_id', ${accountId}, true),
          set_config('role', 'authenticated', true)`;
      return { rows: await statement(sql) };
    })
  );
  return rows;
}
