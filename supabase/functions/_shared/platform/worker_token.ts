import { type Database, query } from "./database.ts";

/** Returns what reads the SHA-256 digest of the vault's worker token, in hexadecimal. */
export function createTokenDigestReader(sql: Database): () => Promise<string | null> {
  return async () => {
    const [row] = await query(() =>
      sql<[{ digest: string | null }]>`select private.worker_token_digest() as digest`
    );
    return row.digest;
  };
}
