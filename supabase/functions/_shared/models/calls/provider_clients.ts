import OpenAI, { APIError, type APIPromise } from "openai";
import { readCapped } from "../../platform/http/read_capped.ts";
import { parseContestant } from "../contestant.ts";
import { findProvider, type Provider } from "../providers.ts";

/** The endpoint behind one `base_url_key`. */
export interface ProviderEndpoint {
  /** With the version: `https://openrouter.ai/api/v1`. */
  readonly baseUrl: string;
  /** Null where the endpoint asks for none. */
  readonly apiKey: string | null;
}

/** What OpenAI-compatible endpoints do not agree on. */
export interface Dialect extends Pick<Provider, "limit" | "slug"> {
  readonly isOpenRouter: boolean;
}

/** How the endpoint behind a `base_url_key` is spoken to. */
export function dialectOf(baseUrlKey: string): Dialect {
  const { limit, slug } = findProvider(baseUrlKey) ?? DEFAULT_DIALECT;
  return { limit, slug, isOpenRouter: baseUrlKey === "openrouter" };
}

const DEFAULT_DIALECT = { limit: "max_tokens", slug: "bare" } as const;

/** A contestant's model by its name at its endpoint. */
export function slugOf(contestantId: string, baseUrlKey: string): string {
  const { modelId } = parseContestant(contestantId);
  const prefix = `${baseUrlKey}/`;
  return dialectOf(baseUrlKey).slug === "bare" && modelId.startsWith(prefix)
    ? modelId.slice(prefix.length)
    : modelId;
}

/** How {@link createProviderClient} behaves. */
export interface ProviderClientOptions {
  readonly fetch?: typeof globalThis.fetch;
  /** Longest answer in bytes that is read. Default 2 MB: no limit of tokens lets a model write as much. */
  readonly maxAnswerBytes?: number;
}

const MAX_ANSWER = 2 * 1024 * 1024;
/** Largest number of bytes read of an error's body; they suffice to classify it. */
const MAX_ERROR = 64 * 1024;

/** A provider's answer is longer than may be, and was not read to its end. */
export class OversizedAnswerError extends Error {
  override readonly name = "OversizedAnswerError";
}

/** The SDK's client, whose errors hold the whole body, not only its member `error`. */
class ProviderClient extends OpenAI {
  protected override makeStatusError(
    status: number,
    // Undefined, whatever the SDK's types say, where the body is no JSON.
    body: object | undefined,
    text: string | undefined,
    headers: Headers,
  ): APIError {
    return new APIError(status, body ?? text ?? "", undefined, headers);
  }
}

/**
 * Creates a client of one endpoint. Every call is made once, redirects are not followed, answers are
 * read up to 2 MB, and the time limit of a call covers the body of its answer, errors included.
 */
export function createProviderClient(
  endpoint: ProviderEndpoint,
  options: ProviderClientOptions = {},
): OpenAI {
  return new ProviderClient({
    baseURL: endpoint.baseUrl,
    // The SDK insists on one; endpoints without keys ignore it.
    apiKey: endpoint.apiKey ?? "none",
    maxRetries: 0,
    logLevel: "off",
    // Otherwise read from the environment and sent to whichever endpoint this is.
    organization: null,
    project: null,
    fetch: guardFetch(options.fetch ?? globalThis.fetch, options.maxAnswerBytes ?? MAX_ANSWER),
  });
}

/** Requests a provider's list of models, which costs nothing, in the form that it takes. */
export function requestModelList(
  client: OpenAI,
  baseUrlKey: string,
  options: { readonly timeout: number; readonly signal?: AbortSignal },
): APIPromise<unknown> {
  if (findProvider(baseUrlKey)?.list !== "anthropic") return client.get("/models", options);
  return client.get("/models?limit=1000", {
    ...options,
    // Its list, unlike its chat completions, is not OpenAI's.
    headers: {
      authorization: null,
      "x-api-key": client.apiKey,
      "anthropic-version": "2023-06-01",
    },
  });
}

/**
 * Deno (2.9, not 2.1) sends a request again by itself when a reused connection breaks before the
 * answer, and the call may be billed twice. It cannot repeat a body that is a Blob, whose length is
 * known all the same.
 *
 * The SDK stops its clock once the headers are there, and reads a failure's body without end: here an
 * answer counts as arrived when its body has.
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
      // Whatever it is labelled: an error, or a whole answer.
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

/** Returns how a stream begins, and the same stream from its beginning. */
async function peek(
  source: ReadableStream<Uint8Array>,
): Promise<{ readonly start: string; readonly stream: ReadableStream<Uint8Array> }> {
  const reader = source.getReader();
  const { value } = await reader.read();
  const stream = new ReadableStream<Uint8Array>({
    start: (controller) => value === undefined ? undefined : controller.enqueue(value),
    async pull(controller) {
      const next = await reader.read();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return { start: new TextDecoder().decode(value?.subarray(0, 64)), stream };
}

/** A body that was cut off by the abort may also never tell: its promise is not waited for. */
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

/** Fails as soon as more than `max` bytes have passed. */
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

/** Ends after `max` bytes, and lets the rest go. */
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
