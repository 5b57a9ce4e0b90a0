import OpenAI, { APIError, type APIPromise } from "openai";
import { readCapped } from "../../platform/http/read_capped.ts";
import type { ProviderEndpoint } from "../provider_env.ts";
import { findProvider } from "../providers.ts";

/** Options of {@link createProviderClient}. */
export interface ProviderClientOptions {
  readonly fetch?: typeof globalThis.fetch;
  /**
   * Longest answer in bytes that is read. Default 2 MB, more than any token limit lets a model
   * write.
   */
  readonly maxAnswerBytes?: number;
}

const MAX_ANSWER = 2 * 1024 * 1024;
/** Largest number of bytes read of an error's body; they suffice to classify it. */
const MAX_ERROR = 64 * 1024;

/** The provider's answer is longer than allowed and was not read to its end. */
export class OversizedAnswerError extends Error {
  override readonly name = "OversizedAnswerError";
}

/** Client of the SDK whose errors hold the whole body, not only its member `error`. */
class ProviderClient extends OpenAI {
  protected override makeStatusError(
    status: number,
    // Undefined if the body is not JSON, although the SDK's types exclude it.
    body: object | undefined,
    text: string | undefined,
    headers: Headers,
  ): APIError {
    return new APIError(status, body ?? text ?? "", undefined, headers);
  }
}

/**
 * Creates a client of one endpoint. Every call is made once, redirects are not followed, answers
 * are read up to 2 MB, and the time limit of a call covers the body of its answer, errors included.
 */
export function createProviderClient(
  endpoint: ProviderEndpoint,
  options: ProviderClientOptions = {},
): OpenAI {
  return new ProviderClient({
    baseURL: endpoint.baseUrl,
    // The SDK requires a key; endpoints without keys ignore it.
    apiKey: endpoint.apiKey ?? "none",
    maxRetries: 0,
    logLevel: "off",
    // If these were undefined, the SDK would read them from the environment and send them to any
    // endpoint.
    organization: null,
    project: null,
    fetch: guardFetch(options.fetch ?? globalThis.fetch, options.maxAnswerBytes ?? MAX_ANSWER),
  });
}

/** Requests a provider's list of models, which costs nothing. */
export function requestModelList(
  client: OpenAI,
  baseUrlKey: string,
  options: { readonly timeout: number; readonly signal?: AbortSignal },
): APIPromise<unknown> {
  if (findProvider(baseUrlKey)?.list !== "anthropic") return client.get("/models", options);
  return client.get("/models?limit=1000", {
    ...options,
    // Anthropic's list of models, unlike its chat completions, is not compatible with OpenAI's.
    headers: {
      authorization: null,
      "x-api-key": client.apiKey,
      "anthropic-version": "2023-06-01",
    },
  });
}

/**
 * Wraps a fetch so that no call is made twice and no body is read without end.
 *
 * Deno (2.9, not 2.1) sends a request again by itself if a reused connection breaks before the
 * answer, and the call may be billed twice. Deno cannot repeat a body that is a Blob.
 *
 * The SDK stops its clock once the headers are there, and reads a failure's body without limit.
 * Here an answer counts as arrived when its whole body has.
 */
function guardFetch(fetch: typeof globalThis.fetch, maxAnswer: number): typeof globalThis.fetch {
  return async (input, init) => {
    const { body } = init ?? {};
    const isStreamed = typeof body === "string" && /"stream":true/.test(body);
    const response = await fetch(input, {
      ...init,
      // A key must not follow a redirect to another host, nor a POST turn into a GET.
      redirect: "manual",
      ...typeof body === "string" ? { body: new Blob([body]) } : {},
    });
    const isEventStream = /^text\/event-stream/i.test(response.headers.get("content-type") ?? "");
    if (isStreamed && response.ok && isEventStream && response.body !== null) {
      const { start, stream } = await peek(response.body.pipeThrough(capStream(maxAnswer)));
      const streamed = rebuild(response, stream);
      if (!/^\s*[[{<]/.test(start)) return streamed;
      // Despite its content type it is no stream: an error, or a whole answer.
      streamed.headers.set("content-type", "application/json");
      return rebuild(streamed, await readBody(streamed, maxAnswer, init?.signal ?? null));
    }
    return rebuild(response, await readBody(response, maxAnswer, init?.signal ?? null));
  };
}

function rebuild(response: Response, body: BodyInit | null): Response {
  const { status, statusText, headers } = response;
  return new Response(body, { status, statusText, headers });
}

async function readBody(
  response: Response,
  maxAnswer: number,
  signal: AbortSignal | null,
): Promise<Uint8Array<ArrayBuffer> | null> {
  if (response.body === null) return null;
  const max = response.ok ? maxAnswer : MAX_ERROR;
  const bytes = await untilAborted(
    readCapped(response.ok ? response.body : response.body.pipeThrough(cutStream(max)), max),
    signal,
  );
  if (bytes === null) throw new OversizedAnswerError("the answer is too long");
  return bytes.byteLength === 0 ? null : bytes;
}

/** Returns the beginning of a stream, and the same stream from its beginning. */
async function peek(
  source: ReadableStream<Uint8Array>,
): Promise<{ readonly start: string; readonly stream: ReadableStream<Uint8Array> }> {
  const [head, stream] = source.tee();
  const reader = head.getReader();
  const { value } = await reader.read();
  // Settles only when the other branch has ended, which then reports a failure itself.
  reader.cancel().catch(() => {});
  return { start: new TextDecoder().decode(value?.subarray(0, 64)), stream };
}

/** Waits for `work` until the signal aborts: a body that the abort cut off may never settle. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | null): Promise<T> {
  if (signal === null) return await work;
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
    work.catch(() => {});
  }
}

/** Returns a stream that fails as soon as more than `max` bytes have passed. */
function capStream(max: number): TransformStream<Uint8Array, Uint8Array> {
  let length = 0;
  return new TransformStream({
    transform(chunk, controller) {
      length += chunk.byteLength;
      if (length > max) controller.error(new OversizedAnswerError("the answer is too long"));
      else controller.enqueue(chunk);
    },
  });
}

/** Returns a stream that ends after `max` bytes and drops the rest. */
function cutStream(max: number): TransformStream<Uint8Array, Uint8Array> {
  let left = max;
  return new TransformStream({
    transform(chunk, controller) {
      if (left > 0) controller.enqueue(chunk.subarray(0, left));
      left -= chunk.byteLength;
      if (left <= 0) controller.terminate();
    },
  });
}
