/** Which pages may call, and how. */
export interface CorsPolicy {
  /** Origins such as `https://modelpick.dev`; `*` alone lets every page in. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
}

/** What supabase-js sends, and what is ours. */
const REQUEST_HEADERS = [
  "authorization",
  "apikey",
  "content-type",
  "idempotency-key",
  "x-client-info",
  "x-region",
  "x-request-id",
  "x-share-token",
].join(", ");

const EXPOSED_HEADERS = "x-request-id, retry-after, etag, content-disposition";

/** A day; browsers cap it lower. */
const PREFLIGHT_SECONDS = "86400";

/** Whether the request comes from no page at all or from one on the list. */
export function isOriginAllowed(request: Request, policy: CorsPolicy): boolean {
  const origin = request.headers.get("origin");
  return origin === null || policy.origins.includes("*") || policy.origins.includes(origin);
}

/**
 * Headers for any answer to this request. `Vary: Origin` always stands: a cache that served one
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

/** Whether the browser asks before it sends the request itself. */
export function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.headers.has("access-control-request-method");
}

/** The answer to a preflight. */
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
