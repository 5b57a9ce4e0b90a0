import { StorageClient } from "@supabase/storage-js";

export type { StorageClient };

/**
 * Makes the client for Storage with the project's secret key. It bypasses RLS: check ownership before
 * you use it.
 *
 * @param key `sb_secret_…`, or the legacy service role JWT.
 */
export function createStorage(
  supabaseUrl: string,
  key: string,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): StorageClient {
  const headers = { apikey: key, authorization: `Bearer ${key}` };
  return new StorageClient(`${supabaseUrl}/storage/v1`, headers, fetch);
}
