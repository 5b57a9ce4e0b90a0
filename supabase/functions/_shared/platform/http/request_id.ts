/** Header that carries the id of a request and its response. */
export const REQUEST_ID_HEADER = "x-request-id";

const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/;

/**
 * Returns the caller's id if it is short and plain enough for a log line, otherwise a new one.
 */
export function requestIdOf(request: Request): string {
  const inbound = request.headers.get(REQUEST_ID_HEADER);
  return inbound !== null && PLAIN.test(inbound) ? inbound : crypto.randomUUID();
}
