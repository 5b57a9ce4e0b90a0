import { countTokens, usageOf } from "../openrouter/completion.ts";
import type { ChatRequest } from "./request.ts";

/** Complete answer, before it is written as one body or as chunks. */
export interface Answer {
  readonly id: string;
  readonly model: string;
  /** Pieces in which the answer is streamed. */
  readonly pieces: readonly string[];
  readonly finishReason: "stop" | "length";
  readonly usage: ReturnType<typeof usageOf>;
}

/** Splits a text into pieces, cuts it at the token limit and counts tokens. */
export function createAnswer(
  request: ChatRequest,
  content: string,
  call: number,
  cachedShare: number,
): Answer {
  const all = content.match(/\s*\S+/g) ?? [];
  const limit = request.max_completion_tokens ?? request.max_tokens ?? Infinity;
  const pieces: string[] = [];
  let completionTokens = 0;
  for (const piece of all) {
    if (completionTokens + countTokens(piece) > limit) break;
    completionTokens += countTokens(piece);
    pieces.push(piece);
  }
  const promptTokens = request.messages
    .reduce((sum, { content }) => sum + 4 + countTokens(content), 3);
  return {
    id: `chatcmpl-${call}`,
    model: request.model,
    pieces,
    finishReason: pieces.length < all.length ? "length" : "stop",
    usage: usageOf(promptTokens, completionTokens, Math.floor(promptTokens * cachedShare), 0),
  };
}

/** Returns the body of an answer that is not streamed. */
export function writeCompletion(answer: Answer): Record<string, unknown> {
  return {
    id: answer.id,
    object: "chat.completion",
    created: now(),
    model: answer.model,
    choices: [{
      index: 0,
      message: { role: "assistant", content: answer.pieces.join(""), refusal: null },
      logprobs: null,
      finish_reason: answer.finishReason,
    }],
    usage: answer.usage,
    service_tier: "default",
    system_fingerprint: null,
  };
}

/** Returns the chunks of a streamed answer: role, pieces, finish reason, token counts. */
export function writeChunks(answer: Answer, includeUsage: boolean): Record<string, unknown>[] {
  const created = now();
  const chunk = (choices: readonly unknown[], usage: unknown = null) => ({
    id: answer.id,
    object: "chat.completion.chunk",
    created,
    model: answer.model,
    service_tier: "default",
    system_fingerprint: null,
    choices,
    ...includeUsage ? { usage } : {},
  });
  const choice = (delta: unknown, finishReason: string | null = null) =>
    chunk([{ index: 0, delta, logprobs: null, finish_reason: finishReason }]);
  return [
    choice({ role: "assistant", content: "", refusal: null }),
    ...answer.pieces.map((content) => choice({ content })),
    choice({}, answer.finishReason),
    ...includeUsage ? [chunk([], answer.usage)] : [],
  ];
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
