import { readCapped } from "../../../supabase/functions/_shared/platform/http/read_capped.ts";

const MEGABYTE = 1024 * 1024;

/** Longest body of a request to a function, in bytes: that of the proxy before hosted projects. */
export const MAX_FUNCTION_BYTES = 100 * MEGABYTE;
/** Longest body of a request to `/rest/v1`, in bytes. It is parsed in one go. */
export const MAX_REST_BYTES = 32 * MEGABYTE;
/** Longest JSON body of a request to Auth and Storage, in bytes. */
export const MAX_JSON_BYTES = MEGABYTE;

/** Longest time between two parts of a body, in milliseconds. */
const IDLE_MS = 60_000;

/** Error of a body that is too long or stalls. */
export class BodyError extends Error {
  constructor(readonly status: 408 | 413) {
    super(status === 413 ? "Request size limit exceeded" : "Request body stalled");
  }

  /** Returns the response of hosted's gateway. */
  respond(): Response {
    return Response.json({ message: this.message }, { status: this.status });
  }
}

/**
 * Returns the request with its whole body in memory.
 *
 * @throws {BodyError} as soon as the body is too long or stalls.
 */
export async function holdBody(
  request: Request,
  maxBytes: number,
  idleMs = IDLE_MS,
): Promise<Request> {
  if (request.body === null) return request;
  const limited = limitBody(request, maxBytes, idleMs);
  try {
    const body = await Promise.race([readCapped(limited.request.body, maxBytes), limited.failed]);
    return new Request(request.url, {
      method: request.method,
      headers: request.headers,
      body,
      signal: request.signal,
    });
  } finally {
    limited.release();
  }
}

/** Request whose body is read only as fast and as far as it may be. */
export interface LimitedRequest {
  readonly request: Request;
  /** Rejects with a {@link BodyError} when the body becomes too long or stalls. Never resolves. */
  readonly failed: Promise<never>;
  /** Stops reading the body. */
  release(): void;
}

/**
 * Limits a request's body while it is passed on. One part at most is in memory.
 *
 * The body is copied part by part in JavaScript also because `fetch` does not take an early response
 * to a body that comes straight from `Deno.serve`: an endless upload would never be answered.
 */
export function limitBody(
  request: Request,
  maxBytes: number,
  idleMs = IDLE_MS,
): LimitedRequest {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  if (request.body === null) return { request, failed, release: () => {} };
  const reader = request.body.getReader();
  let length = 0;
  let isReleased = false;
  const release = () => {
    if (isReleased) return;
    isReleased = true;
    reader.cancel().catch(() => {});
  };
  const fail = (controller: ReadableStreamDefaultController, status: 408 | 413) => {
    const error = new BodyError(status);
    reject(error);
    controller.error(error);
    release();
  };
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const timer = setTimeout(() => fail(controller, 408), idleMs);
      try {
        const { value, done } = await reader.read();
        if (value !== undefined) length += value.byteLength;
        if (isReleased) return controller.error(new Error("the body is no longer read"));
        if (length > maxBytes) return fail(controller, 413);
        if (done) return controller.close();
        controller.enqueue(value);
      } catch (error) {
        controller.error(error);
      } finally {
        clearTimeout(timer);
      }
    },
    cancel: release,
  }, { highWaterMark: 0 });
  return { request: new Request(request, { body }), failed, release };
}
