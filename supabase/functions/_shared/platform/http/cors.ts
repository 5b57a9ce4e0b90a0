/** Pages that may call a function, and the methods they may use. */
export interface CorsPolicy {
  /** Origins such as `https://modelpick.dev`; `*` alone lets every page in. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
}

/** Headers that supabase-js and clients of MCP send, and our own. */
const REQUEST_HEADERS = "authorization, apikey, content-type, idempotency-key, mcp-method, " +
  "mcp-name, mcp-protocol-version, x-account-id, x-client-info, x-owner-token, x-region, " +
  "x-request-id, x-share-token";

const EXPOSED_HEADERS = "x-request-id, retry-after, etag, content-disposition";

/** One day. Browsers cap it at less. */
const PREFLIGHT_SECONDS = "86400";

/** Tells whether a request comes from no page or from one on the list. */
export function isOriginAllowed(request: Request, policy: CorsPolicy): boolean {
  const origin = request.headers.get("origin");
  return origin === null || policy.origins.includes("*") || policy.origins.includes(origin);
}

/**
 * Returns the CORS headers of a response. `Vary: Origin` is always set: a cache that served one
 * page must not serve its answer to another.
 */
export function corsHeaders(request: Request, policy: CorsPolicy): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null || !isOriginAllowed(request, policy)) return { vary: "Origin" };
  return {
    vary: "Origin",
    "access-control-allow-origin": origin,
    "access-control-expose-headers": EXPOSED_HEADERS,
  };
}

/** Tells whether the request is a browser's preflight. */
export function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.headers.has("access-control-request-method");
}

/** Returns the response to a preflight. */
export function preflightResponse(policy: CorsPolicy): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": policy.methods.join(", "),
      "access-control-allow-headers": REQUEST_HEADERS,
      "access-control-max-age": PREFLIGHT_SECONDS,
    },
  });
}
