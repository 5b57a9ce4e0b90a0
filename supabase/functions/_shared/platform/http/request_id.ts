/** The header that carries the id in and out. */
export const REQUEST_ID_HEADER = "x-request-id";

const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._-]{7,63}$/;

/**
 * The caller's id where it is short and plain, so that it can stand in a log line; else a new one.
 */
export function requestIdOf(request: Request): string {
  const inbound = request.headers.get(REQUEST_ID_HEADER);
  return inbound !== null && PLAIN.test(inbound) ? inbound : crypto.randomUUID();
}
