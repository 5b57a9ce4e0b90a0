/**
 * Makes a request that differs from another in what is given. Unlike `new Request(request, …)` it
 * does not touch the signal, which under `Deno.serve` fires after every good response too.
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
