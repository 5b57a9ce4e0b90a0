import { AsyncLocalStorage } from "node:async_hooks";
import type { StackConfig } from "../config.ts";

/** Facts about a `/rest/v1` request that PostgREST passes to SQL. */
export interface RestRequest {
  readonly method: string;
  /** Path without the `/rest/v1` prefix, such as `/rpc/hello`. */
  readonly path: string;
  /** Headers with lowercase names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Value of `search_path`. */
  readonly searchPath: string;
}

/**
 * Current `/rest/v1` request; undefined for the other services. `@supabase/lite` does not pass the
 * request to the connection when it reads or writes tables.
 */
export const currentRestRequest = new AsyncLocalStorage<RestRequest>();

/** Returns the part of a request that {@link currentRestRequest} carries. */
export function describeRestRequest(
  request: Request,
  api: StackConfig["api"],
): RestRequest {
  const profile = request.headers.get("Content-Profile") ?? request.headers.get("Accept-Profile");
  const schema = profile ?? api.schemas[0] ?? "public";
  return {
    method: request.method,
    path: new URL(request.url).pathname.replace(/^\/rest\/v1/, ""),
    headers: Object.fromEntries(request.headers),
    searchPath: [schema, ...api.extra_search_path].map(quoteIdentifier).join(", "),
  };
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
