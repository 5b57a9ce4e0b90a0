import { AsyncLocalStorage } from "node:async_hooks";

/** What PostgREST tells SQL about a `/rest/v1` request. */
export interface RestRequest {
  readonly method: string;
  /** Without the `/rest/v1` prefix, such as `/rpc/hello`. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Value for `search_path`. */
  readonly searchPath: string;
}

/**
 * The `/rest/v1` request that is being answered, and nothing for the other services.
 * `@supabase/lite` does not hand the request down to the connection for reads and writes of tables.
 */
export const currentRestRequest = new AsyncLocalStorage<RestRequest>();

/** Takes from a request what {@link currentRestRequest} carries. */
export function describeRestRequest(
  request: Request,
  api: { readonly schemas: readonly string[]; readonly extraSearchPath: readonly string[] },
): RestRequest {
  const profile = request.headers.get("Content-Profile") ?? request.headers.get("Accept-Profile");
  const schema = profile ?? api.schemas[0] ?? "public";
  return {
    method: request.method,
    path: new URL(request.url).pathname.replace(/^\/rest\/v1/, ""),
    headers: Object.fromEntries(request.headers),
    searchPath: [schema, ...api.extraSearchPath].map(quoteIdentifier).join(", "),
  };
}

function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
