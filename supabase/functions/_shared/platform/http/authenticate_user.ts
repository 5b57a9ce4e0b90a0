import { unauthenticated } from "./problem.ts";

/** A signed-in person. */
export interface User {
  readonly id: string;
  readonly email: string | undefined;
}

/**
 * Asks the auth service for the owner of a token. Returns null if it has none.
 *
 * @throws {Problem} `auth.unavailable` when it cannot be asked.
 */
export type LookUpUser = (accessToken: string) => Promise<User | null>;

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+) *$/i;

/**
 * Creates a check of `Authorization: Bearer <access token>`.
 *
 * @throws {Problem} (the check) `auth.required` or `auth.invalid`.
 */
export function authenticateUser(lookUpUser: LookUpUser): (request: Request) => Promise<User> {
  return async (request) => {
    const header = request.headers.get("authorization");
    if (header === null) throw unauthenticated("auth.required", "Sign in first.");
    const token = BEARER.exec(header)?.[1];
    const user = token === undefined ? null : await lookUpUser(token);
    if (user === null) {
      throw unauthenticated("auth.invalid", "The access token is invalid or has expired.");
    }
    return user;
  };
}
