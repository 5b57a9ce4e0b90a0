import type OpenAI from "openai";
import {
  type ChatModel,
  type ModelCall,
  type ModelChunk,
  ModelError,
  type ModelReply,
  type TokenCounts,
} from "../chat/ports.ts";
import {
  createProviderClient,
  dialectOf,
  type ProviderClientOptions,
  type ProviderEndpoint,
  slugOf,
} from "./provider_clients.ts";
import { classifyThrown } from "./provider_errors.ts";

/** How {@link createChatModel} reaches the models. */
export interface ChatModelOptions extends ProviderClientOptions {
  /** Base URL key of the endpoint. */
  readonly provider: string;
  readonly endpoint: ProviderEndpoint;
  /** From sending to the last byte of an answer. */
  readonly timeoutMs: number;
}

/** Fields that every request of both kinds has. */
type Common = Omit<OpenAI.ChatCompletionCreateParamsStreaming, "stream">;

/** The chat's models at one OpenAI-compatible endpoint. No call is repeated, and none has tools. */
export function createChatModel(options: ChatModelOptions): ChatModel {
  const { provider, endpoint, timeoutMs } = options;
  const client = createProviderClient(endpoint, options);
  const dialect = dialectOf(provider);

  const common = (call: ModelCall): Common => ({
    model: slugOf(call.model, provider),
    messages: call.messages.map(({ role, content }) => ({ role, content })),
    [dialect.limit]: call.maxOutputTokens,
  });
  const fail = (error: unknown, signal: AbortSignal, limit: AbortSignal): never => {
    if (error instanceof ModelError) throw error;
    if (!signal.aborted && limit.aborted) {
      throw new ModelError("The provider did not answer in time.", { cause: error });
    }
    const secrets = endpoint.apiKey === null ? [] : [endpoint.apiKey];
    const outcome = classifyThrown(error, {
      isAborted: signal.aborted,
      secrets,
      nowMs: Date.now(),
    });
    throw new ModelError("message" in outcome ? outcome.message : outcome.kind, { cause: error });
  };

  return {
    async fillIn(call, format, signal): Promise<ModelReply> {
      const limit = AbortSignal.timeout(timeoutMs);
      try {
        const completion = await client.chat.completions.create({
          ...common(call),
          response_format: {
            type: "json_schema",
            json_schema: { name: format.name, schema: { ...format.schema }, strict: true },
          },
          // Without it an upstream that cannot keep to a schema drops it and answers anyhow.
          ...dialect.isOpenRouter === true ? { provider: { require_parameters: true } } : {},
        }, { signal: AbortSignal.any([signal, limit]) });
        const [choice] = completion.choices ?? [];
        if (choice === undefined) throw new ModelError("The answer holds no choices.");
        return {
          id: completion.id ?? null,
          text: choice.message?.content ?? "",
          usage: readUsage(completion.usage),
        };
      } catch (error) {
        return fail(error, signal, limit);
      }
    },

    async *write(call, signal): AsyncGenerator<ModelChunk> {
      const limit = AbortSignal.timeout(timeoutMs);
      try {
        const stream = await client.chat.completions.create({
          ...common(call),
          stream: true,
          stream_options: { include_usage: true },
        }, { signal: AbortSignal.any([signal, limit]) });
        let hasFinished = false;
        for await (const chunk of stream) {
          hasFinished ||= chunk.choices?.[0]?.finish_reason != null;
          const usage = readUsage(chunk.usage);
          const text = chunk.choices?.[0]?.delta?.content ?? "";
          if (text !== "" || usage !== null) yield { id: chunk.id ?? null, text, usage };
        }
        // The SDK ends an aborted stream as if it had been read to its end.
        if (signal.aborted || limit.aborted) throw new DOMException("aborted", "AbortError");
        // A connection that is cut between two chunks looks like an end to it, too.
        if (!hasFinished) throw new ModelError("The answer broke off.");
      } catch (error) {
        fail(error, signal, limit);
      }
    },
  };
}

function readUsage(usage: OpenAI.CompletionUsage | null | undefined): TokenCounts | null {
  if (usage == null) return null;
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    cachedTokens: Math.min(usage.prompt_tokens_details?.cached_tokens ?? 0, usage.prompt_tokens),
  };
}
