import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from "jose";
import { bearerToken } from "../gateway/api_keys.ts";

/** Keys that tokens are verified with. */
export interface JwtKeys {
  /** Secret of the legacy tokens, which are signed with HS256. */
  readonly secret: string;
  /** Public keys of the other tokens, which are signed with ES256 or RS256. */
  readonly jwks: JSONWebKeySet;
}

/** Returns whether a request carries a valid token of this project. CORS preflights need none. */
export async function isAuthorized(request: Request, keys: JwtKeys): Promise<boolean> {
  if (request.method === "OPTIONS") return true;
  const token = bearerToken(request.headers);
  if (token === undefined) return false;
  try {
    if (decodeProtectedHeader(token).alg === "HS256") {
      await jwtVerify(token, new TextEncoder().encode(keys.secret), { algorithms: ["HS256"] });
    } else {
      await jwtVerify(token, createLocalJWKSet(keys.jwks), { algorithms: ["ES256", "RS256"] });
    }
    return true;
  } catch {
    return false;
  }
}
