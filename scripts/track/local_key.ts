import { join } from "node:path";
import { createClient } from "@supabase/supabase-js";
import { whenMissing } from "../support/when_missing.ts";
import { createKey } from "../support/create_key.ts";

/** Local stack to sign up at. */
interface LocalStack {
  readonly apiUrl: string;
  readonly publishableKey: string;
}

/**
 * Returns the key of the account that owns the runs of the local stack. Makes account and key at the
 * first call, and again after the database was reset. Only the owner of the stack's folder may read the
 * key.
 */
export async function keepLocalKey(stackDir: string, stack: LocalStack): Promise<string> {
  const file = join(stackDir, "track_key");
  const known = await Deno.readTextFile(file).catch(whenMissing(undefined));
  if (known !== undefined && await isAccepted(stack, known)) return known;
  const key = await makeAccountKey(stack);
  await Deno.writeTextFile(file, key, { mode: 0o600 });
  return key;
}

/** Signs up an account that nobody signs in to again, and returns a key that tracks its runs. */
export async function makeAccountKey({ apiUrl, publishableKey }: LocalStack): Promise<string> {
  const client = createClient(apiUrl, publishableKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const { data: { user }, error } = await client.auth.signUp({
    email: `tracker-${crypto.randomUUID()}@example.com`,
    password: crypto.randomUUID(),
  });
  if (error !== null || user === null) throw new Error(`signing up failed: ${error?.message}`);
  return await createKey(client, user.id, "track", ["read", "track"]);
}

async function isAccepted({ apiUrl }: LocalStack, key: string): Promise<boolean> {
  const response = await fetch(`${apiUrl}/functions/v1/test-runs?limit=1`, {
    headers: { authorization: `Bearer ${key}` },
  });
  await response.body?.cancel();
  return response.status !== 401;
}
