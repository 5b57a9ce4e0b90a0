import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  jwtVerify,
} from "jose";
import type { LookUpUser, User } from "./authenticate_member.ts";

/** A public key as the project lists it. */
export interface PublicKey {
  readonly kty: string;
  readonly [member: string]: unknown;
}

/** Options of {@link verifyTokens}. */
export interface TokenOptions {
  readonly keys: readonly PublicKey[];
  /** Looks up tokens that none of the keys can have signed: those of the legacy shared secret. */
  readonly lookUpUser: LookUpUser;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Milliseconds for which an answer about a token is reused. */
const BELIEVED_MS = 60_000;

/** Tokens remembered at once. */
const MOST_TOKENS = 1000;

/**
 * Creates a {@link LookUpUser} that mostly needs no round trip. A token signed with one of the
 * project's keys is verified here; Auth's answer about any other is reused for a minute, or until the
 * token expires. A session that ended is therefore accepted for that long: ask Auth where it matters.
 */
export function verifyTokens(options: TokenOptions): LookUpUser {
  const keySet = createLocalJWKSet({ keys: [...options.keys] });
  const believed = new Map<
    string,
    { readonly user: Promise<User | null>; readonly until: number }
  >();

  const ask = (token: string): Promise<User | null> => {
    const known = believed.get(token);
    if (known !== undefined && known.until > options.now()) return known.user;
    const user = options.lookUpUser(token);
    const entry = { user, until: Math.min(options.now() + BELIEVED_MS, endOf(token)) };
    believed.delete(token);
    believed.set(token, entry);
    const [oldest] = believed.keys();
    if (believed.size > MOST_TOKENS && oldest !== undefined) believed.delete(oldest);
    const forget = () => {
      if (believed.get(token) === entry) believed.delete(token);
    };
    // A refusal may be news tomorrow: it is not kept.
    user.then((found) => found === null && forget(), forget);
    return user;
  };

  return async (token) => {
    let algorithm: string | undefined;
    try {
      algorithm = decodeProtectedHeader(token).alg;
    } catch {
      return null;
    }
    if (options.keys.length === 0 || algorithm === "HS256") return await ask(token);
    try {
      const { payload } = await jwtVerify(token, keySet, {
        algorithms: ["ES256", "RS256"],
        audience: "authenticated",
        currentDate: new Date(options.now()),
      });
      return userOf(payload);
    } catch (error) {
      if (error instanceof errors.JOSEError) return null;
      throw error;
    }
  };
}

function userOf({ sub, email }: JWTPayload): User | null {
  if (sub === undefined) return null;
  return { id: sub, email: typeof email === "string" ? email : undefined };
}

/** Milliseconds since 1970; a token that does not say has ended. */
function endOf(token: string): number {
  try {
    return (decodeJwt(token).exp ?? 0) * 1000;
  } catch {
    return 0;
  }
}
