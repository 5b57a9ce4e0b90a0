import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";
import { createKey } from "../support/create_key.ts";
import { print } from "../support/terminal.ts";

const accountSchema = z.object({ account_id: z.string() });
const invitationSchema = z.object({ token: z.string() });

/** The second person of the demo. */
const COLLEAGUE = {
  email: "colleague@example.com",
  password: "staple-battery-horse-correct",
} as const;

/** A team, whose key stores test runs and whose second member reads them. */
export interface DemoTeam {
  readonly accountId: string;
  readonly key: string;
  readonly colleague: SupabaseClient;
}

/**
 * Makes a team of the signed-in customer, with a colleague who may only read, and a key for the team's CI.
 */
export async function shareTeam(
  supabase: SupabaseClient,
  { apiUrl, publishableKey }: { readonly apiUrl: string; readonly publishableKey: string },
): Promise<DemoTeam> {
  const { account_id: accountId } = accountSchema.parse(
    await call(supabase, "create_account", { p_name: "Web shop" }),
  );
  const { token } = invitationSchema.parse(
    await call(supabase, "invite_member", {
      p_account: accountId,
      p_email: COLLEAGUE.email,
      p_role: "viewer",
    }),
  );
  const colleague = createClient(apiUrl, publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const signedIn = await colleague.auth.signInWithPassword(COLLEAGUE);
  const { error } = signedIn.error === null ? signedIn : await colleague.auth.signUp(COLLEAGUE);
  if (error !== null) throw new Error(`the colleague cannot sign up: ${error.message}`);
  await call(colleague, "accept_invitation", { p_token: token });
  const key = await createKey(supabase, accountId, "CI", ["read", "track"]);
  print(`Team Web shop: ${COLLEAGUE.email} may read, and CI has the key ${key.slice(0, 11)}…`);
  return { accountId, key, colleague };
}

/** Shows that the colleague sees the team's test runs. */
export async function readAsColleague({ accountId, colleague }: DemoTeam): Promise<void> {
  const { count, error } = await colleague.from("test_runs")
    .select("id", { count: "exact", head: true }).eq("owner_id", accountId);
  if (error !== null) throw error;
  print(`${COLLEAGUE.email} sees ${count} test runs of the team.`);
}

async function call(
  client: SupabaseClient,
  name: string,
  args: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const { data, error } = await client.rpc(name, args);
  if (error !== null) throw new Error(`${name}: ${error.message}`);
  return data;
}
