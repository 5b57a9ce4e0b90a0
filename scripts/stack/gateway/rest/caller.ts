import { errors, jwtVerify } from "jose";
import { bearerToken } from "../api_keys.ts";
import type { StackKeys } from "../../keys.ts";
import { RestError } from "./rest_error.ts";

/** Who makes a request. */
export interface Caller {
  readonly role: string;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Whether the project's secret key was sent. */
  readonly hasSecretKey: boolean;
}

/**
 * Returns the caller of a request, or the response that hosted's gateway refuses it with. Legacy
 * keys must have been replaced.
 *
 * @throws {RestError} `PGRST301` or `PGRST303` for a token that is not valid.
 */
export async function identifyCaller(
  request: Request,
  keys: StackKeys,
): Promise<Caller | Response> {
  const key = request.headers.get("apikey") ?? new URL(request.url).searchParams.get("apikey");
  if (key === null) {
    return refuse(
      "No API key found in request",
      "No `apikey` request header or url param was found.",
    );
  }
  const roles = new Map([[keys.publishable, "anon"], [keys.secret, "service_role"]]);
  const role = roles.get(key);
  if (role === undefined) {
    return refuse(
      "Invalid API key",
      "Double check your Supabase `anon` or `service_role` API key.",
    );
  }
  const hasSecretKey = key === keys.secret;
  const token = bearerToken(request.headers);
  const keyRole = token === undefined ? role : roles.get(token);
  if (token === undefined || keyRole !== undefined) {
    const known = keyRole ?? role;
    return { role: known, claims: { role: known }, hasSecretKey };
  }
  const claims = await verify(token, keys.jwtSecret);
  const claimed = typeof claims["role"] === "string" ? claims["role"] : "anon";
  return { role: claimed, claims: { ...claims, role: claimed }, hasSecretKey };
}

function refuse(message: string, hint: string): Response {
  return Response.json({ message, hint }, { status: 401 });
}

async function verify(token: string, secret: string): Promise<Readonly<Record<string, unknown>>> {
  const parts = token.split(".").length;
  if (parts !== 3) {
    throw new RestError(401, "PGRST301", `Expected 3 parts in JWT; got ${parts}`);
  }
  try {
    const key = new TextEncoder().encode(secret);
    return (await jwtVerify(token, key, { algorithms: ["HS256"] })).payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw new RestError(401, "PGRST303", "JWT expired");
    throw new RestError(
      401,
      "PGRST301",
      "No suitable key or wrong key type",
      "None of the keys was able to decode the JWT",
    );
  }
}
