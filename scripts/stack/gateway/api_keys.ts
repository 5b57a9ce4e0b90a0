import type { StackKeys } from "../keys.ts";

/**
 * Replaces a legacy JWT key by the matching new key, the only kind `@supabase/lite` accepts, in
 * `apikey` (header or query) and in `Authorization`. A user's token stays as it is.
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
  return new Request(new Request(url, request), { headers });
}

/** Returns the token of an `Authorization: Bearer` header. */
export function bearerToken(headers: Headers): string | undefined {
  return /^Bearer\s+(\S+)\s*$/i.exec(headers.get("Authorization") ?? "")?.[1];
}
