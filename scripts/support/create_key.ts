import type { SupabaseClient } from "@supabase/supabase-js";
import { z } from "zod";

/** Creates a key of an account, as one of its admins. Returns the key, which is shown this once. */
export async function createKey(
  client: SupabaseClient,
  accountId: string,
  name: string,
  scopes: readonly string[],
): Promise<string> {
  const { data, error } = await client.rpc("create_account_key", {
    p_account: accountId,
    p_name: name,
    p_scopes: scopes,
  });
  if (error) throw new Error(`no key was made: ${error.message}`);
  return z.object({ key: z.string() }).parse(data).key;
}
