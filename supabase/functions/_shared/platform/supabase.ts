import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { type LookUpUser } from "./http/authenticate_user.ts";
import { unavailable } from "./http/problem.ts";

/** Client with the project's secret key. It bypasses RLS: check ownership before you use it. */
export type AdminClient = SupabaseClient;

/**
 * Makes the client for Auth and Storage; tables are reached through Postgres itself.
 *
 * @param key `sb_secret_…`, or the legacy service role JWT.
 */
export function createAdminClient(
  supabaseUrl: string,
  key: string,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): AdminClient {
  return createClient(supabaseUrl, key, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    global: { fetch },
  });
}

/** Asks Supabase Auth, so that a token stops working when its session is ended. */
export function createUserLookup(client: AdminClient): LookUpUser {
  return async (accessToken) => {
    const { data, error } = await client.auth.getUser(accessToken);
    if (error === null) return { id: data.user.id, email: data.user.email };
    const { status } = error;
    if (status !== undefined && status >= 400 && status < 500 && status !== 429) return null;
    throw unavailable("auth.unavailable", error);
  };
}
