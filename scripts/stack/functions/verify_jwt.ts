import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from "jose";
import { bearerToken } from "../gateway/api_keys.ts";

/** What tokens are verified with. */
export interface JwtKeys {
  /** Of the legacy tokens, signed with HS256. */
  readonly secret: string;
  /** Of the others, signed with ES256 or RS256. */
  readonly jwks: JSONWebKeySet;
}

/** Whether a request carries a token of this project that holds now. Preflights need none. */
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
