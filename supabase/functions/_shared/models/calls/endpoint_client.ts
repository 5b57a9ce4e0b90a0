import { readCapped } from "../../platform/http/read_capped.ts";
import { writeJson } from "../../platform/json/lossless_json.ts";
import { tryParseJson } from "../../platform/json/try_parse_json.ts";
import type { ProviderEndpoint } from "../provider_env.ts";
import { findProvider } from "../providers.ts";

/** Options of {@link createEndpointClient}. */
export interface EndpointClientOptions {
  readonly fetch?: typeof globalThis.fetch;
  /**
   * Longest answer in bytes that is read. Default 2 MB, more than any token limit lets a model
   * write.
   */
  readonly maxAnswerBytes?: number;
}

/** A request to an endpoint. */
export interface EndpointRequest {
  /** Path below the base URL: `/chat/completions`. */
  readonly path: string;
  /** JSON to send by POST. Absent: GET. */
  readonly body?: unknown;
  /** Headers that prove who asks. Default: the key as a bearer token. */
  readonly credentials?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Milliseconds from sending to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** A whole answer with a status of success. */
export interface EndpointAnswer {
  readonly headers: Headers;
  readonly text: string;
}

/** An answer that arrives piece by piece, with a status of success. */
export interface EndpointStream {
  readonly headers: Headers;
  /** The request ends with the iteration. */
  readonly chunks: AsyncIterable<string>;
}

/**
 * Client of one endpoint. It sends each request once and follows no redirect. Both methods throw
 * {@link ProviderError}, {@link CallTimeoutError}, {@link OversizedAnswerError}, the reason of an
 * aborted signal, and what `fetch` throws; so does the iteration over an answer.
 */
export interface EndpointClient {
  /** Sends a request and reads its answer to the end. */
  send(request: EndpointRequest): Promise<EndpointAnswer>;
  /** Sends a request and returns its answer while it arrives. */
  stream(request: EndpointRequest): Promise<EndpointStream>;
}

const MAX_ANSWER = 2 * 1024 * 1024;
/** Largest number of bytes read of an error's body; they suffice to classify it. */
const MAX_ERROR = 64 * 1024;

/** The provider answered with an error. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  constructor(
    /** HTTP status. */
    readonly status: number,
    /** Parsed body, or its text if it is not JSON. */
    readonly body: unknown,
    readonly headers: Headers,
  ) {
    super(`the provider answered ${status}`);
  }
}

/** The last byte of the answer did not arrive in time. */
export class CallTimeoutError extends Error {
  override readonly name = "CallTimeoutError";
}

/** The provider's answer is longer than allowed and was not read to its end. */
export class OversizedAnswerError extends Error {
  override readonly name = "OversizedAnswerError";
}

/**
 * Creates a client of one endpoint.
 *
 * It uses `fetch` without OpenAI's SDK: on Deno 2.1.4 the SDK takes 0.4 ms of CPU time for a call,
 * a quarter of what a benchmark run may take, and 45 ms to load.
 */
export function createEndpointClient(
  { baseUrl, apiKey }: ProviderEndpoint,
  options: EndpointClientOptions = {},
): EndpointClient {
  const { fetch = globalThis.fetch, maxAnswerBytes = MAX_ANSWER } = options;
  // Some services want a key, although any will do.
  const bearer = { authorization: `Bearer ${apiKey ?? "none"}` };

  /** Sends a request. Returns its response if the status is one of success. */
  const open = async (
    { path, body, credentials = bearer }: EndpointRequest,
    signal: AbortSignal,
  ): Promise<Response> => {
    const headers = { accept: "application/json", ...credentials };
    const response = await fetch(baseUrl + path, {
      // A key must not follow a redirect to another host, nor a POST turn into a GET.
      redirect: "manual",
      signal,
      ...body === undefined ? { headers } : {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: sendableOnce(writeJson(body)),
      },
    });
    if (response.ok) return response;
    const start = response.body?.pipeThrough(cutStream(MAX_ERROR)) ?? null;
    const text = decode(await untilAborted(readCapped(start, MAX_ERROR), signal));
    throw new ProviderError(response.status, tryParseJson(text) ?? text, response.headers);
  };

  return {
    async send(request) {
      const deadline = startDeadline(request);
      try {
        const response = await open(request, deadline.signal);
        const text = await untilAborted(readAnswer(response, maxAnswerBytes), deadline.signal);
        return { headers: response.headers, text };
      } finally {
        deadline.end();
      }
    },
    async stream(request) {
      const deadline = startDeadline(request);
      try {
        const { headers, body } = await open(request, deadline.signal);
        return { headers, chunks: readChunks(body, maxAnswerBytes, deadline) };
      } catch (error) {
        deadline.end();
        throw error;
      }
    },
  };
}

/** Requests a provider's list of models, which costs nothing. */
export async function requestModelList(
  endpoint: ProviderEndpoint,
  baseUrlKey: string,
  options: EndpointClientOptions & Pick<EndpointRequest, "timeoutMs" | "signal">,
): Promise<EndpointAnswer> {
  const { timeoutMs, signal } = options;
  // Anthropic's list of models, unlike its chat completions, is not compatible with OpenAI's.
  const isAnthropic = findProvider(baseUrlKey)?.list === "anthropic";
  return await createEndpointClient(endpoint, options).send({
    path: isAnthropic ? "/models?limit=1000" : "/models",
    timeoutMs,
    ...signal === undefined ? {} : { signal },
    ...isAnthropic
      ? {
        credentials: { "x-api-key": endpoint.apiKey ?? "none", "anthropic-version": "2023-06-01" },
      }
      : {},
  });
}

/** Time limit of one request, which also ends when its caller aborts. */
interface Deadline {
  readonly signal: AbortSignal;
  /** Releases the timer and the caller's signal. */
  readonly end: () => void;
}

/** Starts a request's deadline. A timer that is ended costs less than `AbortSignal.timeout`. */
function startDeadline({ signal, timeoutMs }: EndpointRequest): Deadline {
  const control = new AbortController();
  const timer = setTimeout(
    () => control.abort(new CallTimeoutError("the provider did not answer in time")),
    Math.max(1, Math.ceil(timeoutMs)),
  );
  const onAbort = () => control.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  return {
    signal: control.signal,
    end() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    },
  };
}

/**
 * Tells whether the runtime may send a request again by itself when a reused connection breaks before the
 * answer, so that the call may be billed twice. Deno 2.9 does, and 2.1 never. Supabase's runtime names the Deno
 * that it is made of in its version.
 */
const RESENDS = !/(?<![\d.])2\.1\.\d/.test(Deno.version.deno);

/** Returns a body that is sent once. No runtime can repeat a Blob, but 2.1.4 takes 0.04 ms more for it. */
function sendableOnce(text: string): string | Blob {
  return RESENDS ? new Blob([text]) : text;
}

/**
 * Reads a whole answer. Where its length is stated, the runtime reads it in one go: on 2.1.4 that
 * takes 0.05 ms less than a stream, and no 64 KB for each.
 *
 * @throws {OversizedAnswerError} if it is longer than `max` bytes.
 */
async function readAnswer(response: Response, max: number): Promise<string> {
  const { headers, body } = response;
  const length = headers.get("content-length");
  // Deno 2.9 leaves the compressed length in the headers.
  const isWithin = length !== null && Number(length) <= max && !headers.has("content-encoding");
  return isWithin ? await response.text() : decode(await readCapped(body, max));
}

/** @throws {OversizedAnswerError} if there are no bytes because there were too many. */
function decode(bytes: Uint8Array | null): string {
  if (bytes === null) throw new OversizedAnswerError("the answer is too long");
  return new TextDecoder().decode(bytes);
}

/** Waits for `work` until the signal aborts: a body that the abort cut off may never settle. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
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

async function* readChunks(
  body: ReadableStream<Uint8Array> | null,
  max: number,
  deadline: Deadline,
): AsyncGenerator<string> {
  const reader = body?.getReader();
  const decoder = new TextDecoder();
  let length = 0;
  try {
    while (reader !== undefined) {
      const { done, value } = await untilAborted(reader.read(), deadline.signal);
      if (done) return;
      length += value.byteLength;
      if (length > max) throw new OversizedAnswerError("the answer is too long");
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    deadline.end();
    // Fails if the stream has failed, which the caller knows then.
    reader?.cancel().catch(() => {});
  }
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
