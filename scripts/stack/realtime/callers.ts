import { errors, type JWTPayload, jwtVerify } from "jose";
import type { StackKeys } from "../keys.ts";

/** Caller whose access a policy decides. */
export interface Caller {
  readonly role: string;
  /** Claims of the token as JSON text, as `auth.jwt()` returns them. */
  readonly claims: string;
  readonly subject: string;
  /** Expiry of the token, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Error of an invalid token, with the message of the hosted service. */
export class TokenError extends Error {
  override readonly name = "TokenError";
}

/** Identifies callers by key or token. */
export class Callers {
  readonly #secret: Uint8Array;

  constructor(private readonly keys: StackKeys) {
    this.#secret = new TextEncoder().encode(keys.jwtSecret);
  }

  /**
   * Returns the caller of an API key. A legacy key is a token.
   *
   * @throws {TokenError} if it is neither a key of this stack nor a valid token.
   */
  async ofKey(key: string): Promise<Caller> {
    if (key === this.keys.publishable) return keyless("anon");
    if (key === this.keys.secret) return keyless("service_role");
    return await this.ofToken(key);
  }

  /**
   * Returns the caller of a token.
   *
   * @throws {TokenError} if the token is not this stack's, has expired or names no role.
   */
  async ofToken(token: string): Promise<Caller> {
    let payload: JWTPayload;
    try {
      ({ payload } = await jwtVerify(token, this.#secret, { algorithms: ["HS256"] }));
    } catch (error) {
      if (error instanceof errors.JWTExpired) {
        const seconds = Math.floor(Date.now() / 1000) - (error.payload.exp ?? 0);
        throw new TokenError(`InvalidJWTToken: Token has expired ${seconds} seconds ago`);
      }
      if (error instanceof errors.JWSSignatureVerificationFailed) {
        throw new TokenError("JwtSignatureError: Failed to validate JWT signature");
      }
      throw new TokenError("MalformedJWT: The token provided is not a valid JWT");
    }
    const { role, exp, sub } = payload;
    if (typeof role !== "string" || exp === undefined) {
      throw new TokenError("InvalidJWTToken: Fields `role` and `exp` are required in JWT");
    }
    return { role, claims: JSON.stringify(payload), subject: sub ?? "", expiresAt: exp * 1000 };
  }
}

function keyless(role: string): Caller {
  return { role, claims: JSON.stringify({ role }), subject: "", expiresAt: Infinity };
}
