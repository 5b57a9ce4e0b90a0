import { timingSafeEqual } from "node:crypto";
import { unauthenticated } from "./problem.ts";

/**
 * Creates a check of the `apikey` header against the project's secret keys, for functions that only
 * Postgres or the operator may call. The new keys are no JWTs, so `verify_jwt` cannot do it.
 *
 * Digests are compared rather than keys, so that neither length nor content shows in the time
 * taken, and all of them are, so that neither does which one matched.
 *
 * @throws {Problem} (the check) `auth.required` or `auth.invalid`.
 */
export function authenticateSecret(
  secretKeys: readonly string[],
): (request: Request) => Promise<void> {
  const expected = Promise.all(secretKeys.filter((key) => key !== "").map(digest));
  return async (request) => {
    const given = request.headers.get("apikey");
    if (given === null) throw unauthenticated("auth.required", "Send a secret key as apikey.");
    const actual = await digest(given);
    let matches = false;
    for (const candidate of await expected) {
      matches = timingSafeEqual(candidate, actual) || matches;
    }
    if (!matches) throw unauthenticated("auth.invalid", "The apikey is no secret key.");
  };
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}
