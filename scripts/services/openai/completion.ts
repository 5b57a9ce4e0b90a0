import { completionHead, countTokens, usageOf } from "../openrouter/completion.ts";
import type { ChatRequest } from "./request.ts";

/** Complete answer, before it is written as one body or as chunks. */
export type Answer = ReturnType<typeof createAnswer>;

/** Splits a text into pieces and counts tokens. */
export function createAnswer(
  { model, messages }: ChatRequest,
  content: string,
  call: number,
  cachedShare: number,
) {
  const pieces: string[] = content.match(/\s*\S+/g) ?? [];
  const completionTokens = pieces.reduce((sum, piece) => sum + countTokens(piece), 0);
  const promptTokens = messages.reduce((sum, { content }) => sum + 4 + countTokens(content), 3);
  return {
    id: `chatcmpl-${call}`,
    model,
    pieces,
    usage: usageOf(promptTokens, completionTokens, Math.floor(promptTokens * cachedShare), 0),
  };
}

/** Returns the body of an answer that is not streamed. */
export function writeCompletion({ id, model, pieces, usage }: Answer) {
  const message = { role: "assistant", content: pieces.join(""), refusal: null };
  return {
    id,
    ...completionHead(model),
    choices: [{ index: 0, message, logprobs: null, finish_reason: "stop" }],
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
    choice({}, "stop"),
    ...includeUsage ? [chunk([], answer.usage)] : [],
  ];
}
