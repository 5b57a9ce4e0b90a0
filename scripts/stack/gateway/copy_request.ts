/**
 * Returns a copy of a request with the given changes. Unlike `new Request(request, …)` it does not
 * use the signal, which `Deno.serve` also aborts after every successful response.
 */
export function copyRequest(
  request: Request,
  changes: {
    readonly url?: URL | string;
    readonly headers?: Headers;
    readonly body?: BodyInit | null;
  },
): Request {
  return new Request(changes.url ?? request.url, {
    method: request.method,
    headers: changes.headers ?? request.headers,
    body: changes.body === undefined ? request.body : changes.body,
  });
}
