import type { ExportSpan, Span } from "../platform/otlp_exporter.ts";
import type { ChatMessage, ChatModel, ModelCall, ModelReply } from "./chat_model.ts";

/** Settings of {@link traceModel}. */
export interface TraceOptions {
  readonly exportSpan: ExportSpan;
  /** Name of the provider, such as `openai`. */
  readonly provider: string;
  /** Base URL of the provider. */
  readonly baseUrl: string;
  /** True if spans carry prompts and answers, which contain customers' data. */
  readonly hasContent: boolean;
  /** Keeps the isolate alive until a span is sent. */
  readonly waitUntil: (work: Promise<unknown>) => void;
}

/** Result of a call so far. */
type Outcome = { -readonly [Key in keyof ModelReply]: ModelReply[Key] } & {
  error: string | undefined;
};

/**
 * Wraps models so that each call is exported as a span by OpenTelemetry's conventions for generative
 * AI, also if it fails or is aborted. Calls for one question share a trace.
 */
export function traceModel(model: ChatModel, options: TraceOptions): ChatModel {
  const start = (call: ModelCall, outputType: "json" | "text") => {
    const startedAt = performance.timeOrigin + performance.now();
    const outcome: Outcome = { id: null, text: "", usage: null, error: undefined };
    const end = () => {
      const times = { startedAt, endedAt: performance.timeOrigin + performance.now() };
      const span = describeCall(call, outputType, outcome, times, options);
      options.waitUntil(options.exportSpan(span));
    };
    return { outcome, end };
  };
  return {
    async fillIn(call, format, signal) {
      const { outcome, end } = start(call, "json");
      try {
        const reply = await model.fillIn(call, format, signal);
        Object.assign(outcome, reply);
        return reply;
      } catch (error) {
        outcome.error = nameOf(error);
        throw error;
      } finally {
        end();
      }
    },
    async *write(call, signal) {
      const { outcome, end } = start(call, "text");
      try {
        for await (const chunk of model.write(call, signal)) {
          outcome.id = chunk.id ?? outcome.id;
          outcome.usage = chunk.usage ?? outcome.usage;
          outcome.text += chunk.text;
          yield chunk;
        }
      } catch (error) {
        outcome.error = nameOf(error);
        throw error;
      } finally {
        end();
      }
    },
  };
}

function describeCall(
  call: ModelCall,
  outputType: "json" | "text",
  { id, text, usage, error }: Outcome,
  times: Pick<Span, "startedAt" | "endedAt">,
  { provider, baseUrl, hasContent }: TraceOptions,
): Span {
  const { hostname, port, protocol } = new URL(baseUrl);
  const write = (messages: readonly ChatMessage[]) =>
    JSON.stringify(
      messages.map(({ role, content }) => ({ role, parts: [{ type: "text", content }] })),
    );
  return {
    name: `chat ${call.model}`,
    traceId: call.questionId.replaceAll("-", ""),
    ...times,
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": provider,
      "gen_ai.request.model": call.model,
      "gen_ai.request.max_tokens": call.maxOutputTokens,
      "gen_ai.conversation.id": call.conversationId,
      "gen_ai.output.type": outputType,
      "gen_ai.response.id": id ?? undefined,
      "gen_ai.usage.input_tokens": usage?.inputTokens,
      "gen_ai.usage.output_tokens": usage?.outputTokens,
      "gen_ai.usage.cache_read.input_tokens": usage?.cachedTokens,
      "server.address": hostname,
      "server.port": Number(port || (protocol === "https:" ? 443 : 80)),
      "error.type": error,
      ...hasContent
        ? {
          "gen_ai.input.messages": write(call.messages),
          "gen_ai.output.messages": write([{ role: "assistant", content: text }]),
        }
        : {},
    },
    ...error === undefined ? {} : { error },
  };
}

/** Returns only the name of an error: a provider's message may quote the prompt. */
function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "unknown";
}
