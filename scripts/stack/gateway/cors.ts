const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, TRACE, CONNECT";
const DEFAULT_HEADERS = "authorization, x-client-info, apikey, content-type";
const EXPOSED_HEADERS = "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, " +
  "Location, Preference-Applied, Server, Transfer-Encoding, Range-Unit, x-sb-error-code";
const PREFLIGHT_SECONDS = 3600;

/** Answers a preflight as a hosted project does: every origin, method and header is allowed. */
export function answerPreflight(request: Request): Response {
  const asked = request.headers.get("Access-Control-Request-Headers");
  return new Response(null, {
    status: 200,
    headers: {
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Methods": METHODS,
      "Access-Control-Allow-Headers": asked ?? DEFAULT_HEADERS,
      "Access-Control-Max-Age": String(PREFLIGHT_SECONDS),
    },
  });
}

/** Lets scripts from every origin read the response. */
export function allowAllOrigins(response: Response): Response {
  const headers = new Headers(response.headers);
  headers.set("Access-Control-Allow-Origin", "*");
  headers.set("Access-Control-Expose-Headers", EXPOSED_HEADERS);
  return new Response(response.body, { status: response.status, headers });
}
