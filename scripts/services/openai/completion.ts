import { completionHead, countTokens, usageOf } from "../openrouter/completion.ts";
import type { ChatRequest } from "./request.ts";

/** Complete answer, before it is written as one body or as chunks. */
export type Answer = ReturnType<typeof createAnswer>;

/** Splits a text into pieces, cuts it at the token limit and counts tokens. */
export function createAnswer(
  request: ChatRequest,
  content: string,
  call: number,
  cachedShare: number,
) {
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
export function writeCompletion({ id, model, pieces, finishReason, usage }: Answer) {
  const message = { role: "assistant", content: pieces.join(""), refusal: null };
  return {
    id,
    ...completionHead(model),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishReason }],
    usage,
    service_tier: "default",
  };
}

/** Returns the chunks of a streamed answer: role, pieces, finish reason, token counts. */
export function writeChunks(answer: Answer, includeUsage: boolean): Record<string, unknown>[] {
  const head = completionHead(answer.model);
  const chunk = (choices: readonly unknown[], usage: unknown = null) => ({
    id: answer.id,
    ...head,
    object: "chat.completion.chunk",
    service_tier: "default",
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
