import type { StackKeys } from "../keys.ts";
import { copyRequest } from "./copy_request.ts";

/**
 * Puts the new key in the place of its legacy twin, the only kind `@supabase/lite` knows, in
 * `apikey` (header or query) and in `Authorization`. A user's token there is left alone.
 */
export function replaceLegacyKeys(request: Request, keys: StackKeys): Request {
  const twins = new Map([
    [keys.anonJwt, keys.publishable],
    [keys.serviceRoleJwt, keys.secret],
  ]);
  const headers = new Headers(request.headers);
  const url = new URL(request.url);
  const inHeader = twins.get(headers.get("apikey") ?? "");
  const inQuery = twins.get(url.searchParams.get("apikey") ?? "");
  const inBearer = twins.get(bearerToken(headers) ?? "");
  if (inHeader === undefined && inQuery === undefined && inBearer === undefined) return request;
  if (inHeader !== undefined) headers.set("apikey", inHeader);
  if (inQuery !== undefined) url.searchParams.set("apikey", inQuery);
  if (inBearer !== undefined) headers.set("Authorization", `Bearer ${inBearer}`);
  return copyRequest(request, { url, headers });
}

/** The token of an `Authorization: Bearer` header. */
export function bearerToken(headers: Headers): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(headers.get("Authorization") ?? "")?.[1];
}
