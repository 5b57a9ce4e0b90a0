import { timingSafeEqual } from "node:crypto";
import { unauthenticated } from "./problem.ts";

/** Party that starts background work. */
export type WorkerCaller = "operator" | "postgres";

/** What tells the callers of background work from others. */
export interface WorkerCallers {
  /** Secret keys of the project, which the operator sends as `apikey`. */
  readonly secretKeys: readonly string[];
  /** Returns the SHA-256 digest of the token that Postgres sends, in hexadecimal; null without one. */
  readonly readTokenDigest: () => Promise<string | null>;
}

/** Age at which a digest is read again, so that a rotated token ends within a minute. */
const STALE_MS = 60_000;

/** Shortest time between two reads, so that wrong tokens cost the database next to nothing. */
const REREAD_MS = 1_000;

/**
 * Creates a check for functions that only Postgres or the operator may call. Postgres sends the token
 * of the vault as `x-worker-token`, the operator one of the project's secret keys as `apikey`; neither
 * is a JWT, so `verify_jwt` cannot do it.
 *
 * Digests are compared rather than keys, so that neither length nor content shows in the time
 * taken, and all of them are, so that neither does which one matched.
 *
 * @throws {Problem} (the check) `auth.required`, `auth.invalid` or `database.unavailable`.
 */
export function authenticateWorker(
  { secretKeys, readTokenDigest }: WorkerCallers,
): (request: Request) => Promise<WorkerCaller> {
  const keys = Promise.all(secretKeys.filter((key) => key !== "").map(digest));
  let token: { readonly digest: string | null; readonly readAt: number } | undefined;

  const isToken = async (given: Uint8Array): Promise<boolean> => {
    const age = () => token === undefined ? Infinity : performance.now() - token.readAt;
    const matches = () =>
      typeof token?.digest === "string" && isEqual(given, [decodeHex(token.digest)]);
    if (age() < STALE_MS && matches()) return true;
    if (age() < REREAD_MS) return false;
    token = { digest: await readTokenDigest(), readAt: performance.now() };
    return matches();
  };

  return async ({ headers }) => {
    const key = headers.get("apikey");
    if (key !== null && isEqual(await digest(key), await keys)) return "operator";
    const given = headers.get("x-worker-token");
    if (given !== null && await isToken(await digest(given))) return "postgres";
    if (key === null && given === null) {
      throw unauthenticated("auth.required", "Send a secret key as apikey.");
    }
    throw unauthenticated("auth.invalid", "The apikey is no secret key.");
  };
}

async function digest(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
}

function isEqual(given: Uint8Array, candidates: readonly Uint8Array[]): boolean {
  let matches = false;
  for (const candidate of candidates) matches = timingSafeEqual(candidate, given) || matches;
  return matches;
}

function decodeHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}
