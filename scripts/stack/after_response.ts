/** Returns the same response. Calls `onEnd` once it was delivered or given up. */
export function afterResponse(response: Response, onEnd: () => void): Response {
  if (response.body === null) {
    onEnd();
    return response;
  }
  const body = response.body.pipeThrough(new TransformStream({ flush: onEnd, cancel: onEnd }));
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}
