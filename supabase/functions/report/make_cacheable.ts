/**
 * Adds an entity tag and headers that let only the caller's browser store the response, and make it
 * revalidate each time. Returns a 304 without a body if the request already names the tag.
 */
export async function makeCacheable(request: Request, response: Response): Promise<Response> {
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  const tag = await entityTag(body);
  headers.set("etag", tag);
  headers.set("cache-control", "private, max-age=0, must-revalidate");
  headers.set("vary", "x-share-token, x-owner-token, x-account-id, Authorization");
  if (!matchesTag(request.headers.get("if-none-match"), tag)) {
    return new Response(body, { headers });
  }
  headers.delete("content-type");
  headers.delete("content-disposition");
  return new Response(null, { status: 304, headers });
}

/** Returns a strong entity tag, derived from the SHA-256 of the body. */
async function entityTag(body: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const hex = Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, "0"));
  return `"${hex.join("")}"`;
}

/** Tells whether an `If-None-Match` header matches the tag, by weak comparison or `*` (RFC 9110). */
function matchesTag(header: string | null, tag: string): boolean {
  if (header === null) return false;
  if (header.trim() === "*") return true;
  return header.split(",").some((candidate) => candidate.trim().replace(/^W\//, "") === tag);
}
