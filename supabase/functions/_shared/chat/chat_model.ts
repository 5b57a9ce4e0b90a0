import type OpenAI from "openai";
import {
  endingOf,
  parseBody,
  readCompletion,
  readContent,
  readUsage,
} from "../models/answers/read_completion.ts";
import type { TokenUsage } from "../models/calls/model_call.ts";
import {
  createProviderClient,
  type ProviderClientOptions,
} from "../models/calls/endpoint_client.ts";
import type { ProviderEndpoint } from "../models/provider_env.ts";
import { dialectOf, slugOf } from "../models/providers.ts";
import { sendEffort, type SentEffort } from "../models/calls/reasoning.ts";
import { classifyThrown } from "../models/errors/provider_errors.ts";
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
export interface ChatModelOptions extends ProviderClientOptions {
  /** Name from the list of providers, such as `openai`. */
  readonly provider: string;
  readonly endpoint: ProviderEndpoint;
  /** Longest time from sending to the last byte of an answer. */
  readonly timeoutMs: number;
}

/** Fields that both kinds of requests have. */
type Common =
  & Omit<OpenAI.ChatCompletionCreateParamsStreaming, "stream" | "reasoning_effort">
  & SentEffort;

/** Creates the models of one OpenAI-compatible endpoint. No call is retried. */
export function createChatModel(options: ChatModelOptions): ChatModel {
  const { provider, endpoint, timeoutMs } = options;
  const client = createProviderClient(endpoint, options);
  const dialect = dialectOf(provider);

  const common = (call: ModelCall): Common => ({
    model: slugOf(call.model, provider),
    messages: call.messages.map(({ role, content }) => ({ role, content })),
    [dialect.limit]: call.maxOutputTokens,
    ...sendEffort({ provider, model: call.model }),
  });
  const secrets = endpoint.apiKey === null ? [] : [endpoint.apiKey];
  const readReply = (text: string, call: ModelCall, headers: Headers): ModelReply => {
    const body = parseBody(text);
    const asked = slugOf(call.model, provider);
    const price = () => null;
    const outcome = readCompletion(body, { asked, headers, price, elapsedMs: 0, secrets });
    if (outcome.kind !== "answer") throw new ModelError(outcome.message);
    if (outcome.ending !== "stop") throw new ModelError(ENDINGS[outcome.ending]);
    if (outcome.text === "") throw new ModelError("The model wrote nothing.");
    return { id: readId(body), text: outcome.text, usage: readTokens(outcome.usage) };
  };
  const fail = (error: unknown, signal: AbortSignal, limit: AbortSignal): never => {
    if (error instanceof ModelError) throw error;
    if (!signal.aborted && limit.aborted) {
      throw new ModelError("The provider did not answer in time.", { cause: error });
    }
    const context = { isAborted: signal.aborted, secrets, nowMs: Date.now() };
    throw new ModelError(classifyThrown(error, context).message, { cause: error });
  };

  return {
    async fillIn(call, format, signal): Promise<ModelReply> {
      const limit = AbortSignal.timeout(timeoutMs);
      try {
        const response = await client.chat.completions.create({
          ...common(call),
          response_format: {
            type: "json_schema",
            json_schema: { name: format.name, schema: { ...format.schema }, strict: true },
          },
          // Without it, an upstream that does not support schemas ignores the schema.
          ...dialect.isOpenRouter ? { provider: { require_parameters: true } } : {},
        }, { signal: AbortSignal.any([signal, limit]) }).asResponse();
        return readReply(await response.text(), call, response.headers);
      } catch (error) {
        return fail(error, signal, limit);
      }
    },

    async *write(call, signal): AsyncGenerator<ModelReply> {
      const limit = AbortSignal.timeout(timeoutMs);
      try {
        const { data: stream, response } = await client.chat.completions.create({
          ...common(call),
          stream: true,
          stream_options: { include_usage: true },
        }, { signal: AbortSignal.any([signal, limit]) }).withResponse();
        if (!/^text\/event-stream/i.test(response.headers.get("content-type") ?? "")) {
          // The body is an error, or a whole answer although a stream was requested.
          yield readReply(await response.text(), call, response.headers);
          return;
        }
        let ending: string | null = null;
        let hasText = false;
        for await (const chunk of stream) {
          const choice = chunk.choices?.[0];
          ending = choice?.finish_reason ?? ending;
          const usage = readTokens(readUsage(chunk.usage));
          const text = readContent(choice?.delta?.content);
          hasText ||= text !== "";
          if (text !== "" || usage !== null) yield { id: chunk.id ?? null, text, usage };
        }
        // The SDK ends an aborted stream without an error.
        if (signal.aborted || limit.aborted) throw new DOMException("aborted", "AbortError");
        // It also does so when the connection is cut between two chunks.
        if (ending === null) throw new ModelError("The answer broke off.");
        const how = endingOf(ending);
        if (how !== null && how !== "stop") throw new ModelError(ENDINGS[how]);
        if (!hasText) throw new ModelError("The model wrote nothing.");
      } catch (error) {
        fail(error, signal, limit);
      }
    },
  };
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
