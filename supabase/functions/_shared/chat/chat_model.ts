import { createParser } from "eventsource-parser";
import { z } from "zod";
import {
  endingOf,
  parseBody,
  readCompletion,
  readContent,
  readUsage,
} from "../models/answers/read_completion.ts";
import type { TokenUsage } from "../models/calls/model_call.ts";
import {
  createEndpointClient,
  type EndpointClientOptions,
  type EndpointStream,
  ProviderError,
} from "../models/calls/endpoint_client.ts";
import type { ProviderEndpoint } from "../models/provider_env.ts";
import { dialectOf, slugOf } from "../models/providers.ts";
import { sendEffort } from "../models/calls/reasoning.ts";
import { classifyThrown, type Failure } from "../models/errors/provider_errors.ts";
import { ModelError } from "./failures.ts";

/** Models of the chat. They are given no tools. */
export interface ChatModel {
  /**
   * Lets a model fill in a JSON schema.
   *
   * @throws {ModelError} and, once `signal` has aborted, anything.
   */
  fillIn(
    call: ModelCall,
    format: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> },
    signal: AbortSignal,
  ): Promise<ModelReply>;
  /**
   * Lets a model write text, and yields it piece by piece. The last piece carries the usage.
   *
   * @throws {ModelError} (the iteration) and, once `signal` has aborted, anything.
   */
  write(call: ModelCall, signal: AbortSignal): AsyncIterable<ModelReply>;
}

/** One call of a model. */
export interface ModelCall {
  /** Name as in the price list: `openai/gpt-6-luna`, or `openai/gpt-6-luna#low` with an effort. */
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly maxOutputTokens: number;
  readonly conversationId: string;
  /** Calls for the same question share a trace. */
  readonly questionId: string;
}

/** One message to a model. */
export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

/** Answer of a model, or one piece of it. */
export interface ModelReply {
  /** The provider's id of the answer, or null if it has none. */
  readonly id: string | null;
  readonly text: string;
  /** Null if the provider did not count. */
  readonly usage: TokenCounts | null;
}

/** Tokens of a call as the provider counted them. Cached tokens are part of the input. */
export type TokenCounts = Pick<TokenUsage, "inputTokens" | "outputTokens" | "cachedTokens">;

/** Settings of {@link createChatModel}. */
export interface ChatModelOptions extends EndpointClientOptions {
  /** Name from the list of providers, such as `openai`. */
  readonly provider: string;
  readonly endpoint: ProviderEndpoint;
  /** Longest time from sending to the last byte of an answer. */
  readonly timeoutMs: number;
}

/** Piece of an answer, as far as it is read; providers leave out what they do not know. */
const chunkSchema = z.object({
  id: z.string().nullish().catch(null),
  choices: z.array(z.object({
    finish_reason: z.string().nullish().catch(null),
    delta: z.object({ content: z.unknown().optional() }).nullish().catch(null),
  })).catch([]),
  usage: z.unknown().optional(),
});

const errorSchema = z.object({ error: z.unknown().optional() }).catch({ error: undefined });

/** Creates the models of one OpenAI-compatible endpoint. No call is retried. */
export function createChatModel(options: ChatModelOptions): ChatModel {
  const { provider, endpoint, timeoutMs } = options;
  const client = createEndpointClient(endpoint, options);
  const dialect = dialectOf(provider);

  const common = (call: ModelCall) => ({
    model: slugOf(call.model, provider),
    messages: call.messages,
    [dialect.limit]: call.maxOutputTokens,
    ...sendEffort({ provider, model: call.model }),
  });
  const secrets = endpoint.apiKey === null ? [] : [endpoint.apiKey];
  const readReply = (text: string, call: ModelCall, headers: Headers): ModelReply => {
    const body = parseBody(text);
    const asked = slugOf(call.model, provider);
    const price = () => null;
    const outcome = readCompletion(body, { asked, headers, price, elapsedMs: 0, secrets });
    if (outcome.kind !== "answer") throw failureOf(outcome);
    const { ending, usage } = outcome;
    if (ending !== "stop") throw new ModelError(ENDINGS[ending], { usage });
    if (outcome.text === "") throw new ModelError("The model wrote nothing.", { usage });
    return { id: readId(body), text: outcome.text, usage: readTokens(usage) };
  };
  const send = (body: unknown, signal: AbortSignal) => ({
    path: "/chat/completions",
    body,
    signal,
    timeoutMs,
  });
  const fail = (error: unknown, signal: AbortSignal): never => {
    if (error instanceof ModelError) throw error;
    const context = { isAborted: signal.aborted, secrets, nowMs: Date.now() };
    throw failureOf(classifyThrown(error, context), error);
  };

  return {
    async fillIn(call, format, signal): Promise<ModelReply> {
      try {
        const { headers, text } = await client.send(send({
          ...common(call),
          response_format: {
            type: "json_schema",
            json_schema: { name: format.name, schema: format.schema, strict: true },
          },
          // Without it, an upstream that does not support schemas ignores the schema.
          ...dialect.isOpenRouter ? { provider: { require_parameters: true } } : {},
        }, signal));
        return readReply(text, call, headers);
      } catch (error) {
        return fail(error, signal);
      }
    },

    async *write(call, signal): AsyncGenerator<ModelReply> {
      try {
        const stream = await client.stream(send({
          ...common(call),
          stream: true,
          stream_options: { include_usage: true },
        }, signal));
        let ending: string | null = null;
        let hasText = false;
        for await (const event of readEvents(stream)) {
          if (event.whole !== undefined) {
            yield readReply(event.whole, call, stream.headers);
            return;
          }
          const { id = null, choices: [choice], usage: counted } = event.chunk;
          ending = choice?.finish_reason ?? ending;
          const usage = readTokens(readUsage(counted));
          const text = readContent(choice?.delta?.content);
          hasText ||= text !== "";
          if (text !== "" || usage !== null) yield { id, text, usage };
        }
        // The connection was cut between two chunks.
        if (ending === null) throw new ModelError("The answer broke off.");
        const how = endingOf(ending);
        if (how !== null && how !== "stop") throw new ModelError(ENDINGS[how]);
        if (!hasText) throw new ModelError("The model wrote nothing.");
      } catch (error) {
        fail(error, signal);
      }
    },
  };
}

/**
 * Reads a stream of events up to `[DONE]`. An error, or a whole answer although a stream was requested,
 * is one `whole` text, whatever its content type.
 *
 * @throws {ProviderError} for an error among the chunks.
 */
async function* readEvents(
  { headers, chunks }: EndpointStream,
): AsyncGenerator<
  | { readonly whole: string }
  | { readonly whole?: undefined; readonly chunk: z.output<typeof chunkSchema> }
> {
  const events: string[] = [];
  const parser = createParser({ onEvent: ({ data }) => void events.push(data) });
  let isWhole = !/^text\/event-stream/i.test(headers.get("content-type") ?? "");
  let hasBegun = false;
  let whole = "";
  for await (const text of chunks) {
    if (!hasBegun && text.trim() !== "") {
      hasBegun = true;
      isWhole ||= /^\s*[[{<]/.test(text);
    }
    if (isWhole) {
      whole += text;
      continue;
    }
    parser.feed(text);
    for (const data of events.splice(0)) {
      if (data === "[DONE]") return;
      const chunk: unknown = JSON.parse(data);
      const { error } = errorSchema.parse(chunk);
      if (error) throw new ProviderError(200, error, headers);
      yield { chunk: chunkSchema.parse(chunk) };
    }
  }
  if (isWhole) yield { whole };
}

function failureOf(failure: Failure, cause?: unknown): ModelError {
  const isFree = failure.kind === "fatal" || failure.charge === "none";
  return new ModelError(failure.message, { cause, isFree });
}

/** Errors for answers that are not complete, by how they ended. */
const ENDINGS = {
  length: "The answer was cut off at the token limit.",
  refusal: "The model refused to answer.",
  filtered: "The provider withheld the answer.",
  broken: "The answer broke off.",
} as const;

function readId(body: unknown): string | null {
  if (typeof body !== "object" || body === null || !("id" in body)) return null;
  return typeof body.id === "string" ? body.id : null;
}

function readTokens(usage: TokenUsage | null): TokenCounts | null {
  if (usage === null) return null;
  const { inputTokens, outputTokens, cachedTokens } = usage;
  return { inputTokens, outputTokens, cachedTokens };
}
