import { errors, type JWTPayload, jwtVerify } from "jose";
import type { StackKeys } from "../keys.ts";

/** Whom a policy is asked about. */
export interface Caller {
  readonly role: string;
  /** The token's claims as JSON text: what `auth.jwt()` returns. */
  readonly claims: string;
  readonly subject: string;
  /** When the token ceases to hold, in ms since the epoch. */
  readonly expiresAt: number;
}

/** A token that is no proof, in the words of the hosted service. */
export class TokenError extends Error {
  override readonly name = "TokenError";
}

/** Tells who calls from a key or a token. */
export class Callers {
  readonly #secret: Uint8Array;

  constructor(private readonly keys: StackKeys) {
    this.#secret = new TextEncoder().encode(keys.jwtSecret);
  }

  /**
   * Whom an API key stands for; a legacy one is a token.
   *
   * @throws {TokenError} when it is neither a key of this stack nor a token that holds.
   */
  async ofKey(key: string): Promise<Caller> {
    if (key === this.keys.publishable) return keyless("anon");
    if (key === this.keys.secret) return keyless("service_role");
    return await this.ofToken(key);
  }

  /** @throws {TokenError} when the token is not this stack's, or expired, or names no role. */
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
