import { z } from "zod";
import type { LookUpUser } from "./http/authenticate_member.ts";
import { unavailable } from "./http/problem.ts";

const TIMEOUT_MS = 10_000;

const userSchema = z.object({ id: z.string(), email: z.string().optional() });

/** Options of {@link createUserLookup}. */
export interface UserLookupOptions {
  /** Origin of the project, without a slash at the end. */
  readonly supabaseUrl: string;
  /** `sb_secret_…`, or the legacy service role JWT. */
  readonly key: string;
  readonly fetch?: typeof globalThis.fetch;
}

/** Asks Supabase Auth, so that a token stops working when its session is ended. */
export function createUserLookup(
  { supabaseUrl, key, fetch = globalThis.fetch }: UserLookupOptions,
): LookUpUser {
  return async (accessToken) => {
    try {
      const response = await fetch(`${supabaseUrl}/auth/v1/user`, {
        headers: { apikey: key, authorization: `Bearer ${accessToken}` },
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.ok) {
        const { id, email } = userSchema.parse(await response.json());
        return { id, email };
      }
      await response.body?.cancel();
      const { status } = response;
      if (status >= 400 && status < 500 && status !== 429) return null;
      throw new Error(`Auth answered ${status}`);
    } catch (error) {
      throw unavailable("auth.unavailable", error);
    }
  };
}
