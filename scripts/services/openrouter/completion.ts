import { type FakeModel } from "./catalogue.ts";

/** API format: OpenRouter's at `/api/v1`, or that of any OpenAI-compatible service at `/v1`. */
export type Dialect = "openrouter" | "openai";

export interface CompletionParts {
  readonly dialect: Dialect;
  readonly model: FakeModel;
  /** Number of the call, which is part of the id. */
  readonly call: number;
  readonly content: string;
  readonly refused: boolean;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly images: number;
  readonly maxTokens: number | undefined;
  /** Tokens of thinking before the content. */
  readonly thinking: number;
  /** Model name in the answer. */
  readonly servedBy: string;
}

const CHARACTERS_PER_TOKEN = 3.6;

export function countTokens(text: string): number {
  return Math.ceil(text.length / CHARACTERS_PER_TOKEN);
}

/**
 * Returns the cost of a call in USD and its `chat.completion` in the dialect's format, cut at `max_tokens` as the real services do:
 * thinking counts, and if it uses all tokens the content is empty.
 */
export function createCompletion(parts: CompletionParts) {
  const { model, dialect } = parts;
  const wanted = parts.thinking + countTokens(parts.content);
  const most = Math.min(parts.maxTokens ?? Infinity, model.maxOutputTokens ?? Infinity);
  const cut = wanted > most;
  const completionTokens = cut ? most : wanted;
  const reasoningTokens = Math.min(parts.thinking, completionTokens);
  const content = cut
    ? parts.content.slice(
      0,
      Math.floor((completionTokens - reasoningTokens) * CHARACTERS_PER_TOKEN),
    )
    : parts.content;
  const finish = parts.refused ? "content_filter" : cut ? "length" : "stop";

  const { longContext } = model;
  const isLong = longContext !== null && parts.promptTokens > longContext.above;
  const prices = isLong ? longContext : model;
  const promptCost = (parts.promptTokens - parts.cachedTokens) * prices.inputPrice +
    parts.cachedTokens * prices.cachedInputPrice + parts.images * model.imagePrice;
  const completionCost = completionTokens * prices.outputPrice;
  const cost = round(promptCost + completionCost);

  const { promptTokens, cachedTokens } = parts;
  const usage = usageOf(promptTokens, completionTokens, cachedTokens, reasoningTokens);
  const message = {
    role: "assistant",
    content: parts.refused ? null : content,
    refusal: parts.refused ? content : null,
  };
  const common = completionHead(parts.servedBy);
  const choice = { index: 0, message, logprobs: null, finish_reason: finish };
  if (dialect === "openai") {
    const id = `chatcmpl-${parts.call}`;
    return { cost, body: { id, ...common, choices: [choice], usage } };
  }
  return {
    cost,
    body: {
      id: generationId(parts.call),
      provider: model.provider,
      ...common,
      choices: [{
        ...choice,
        message: { ...message, reasoning: null },
        native_finish_reason: finish,
      }],
      usage: {
        ...usage,
        cost,
        is_byok: false,
        cost_details: {
          upstream_inference_cost: null,
          upstream_inference_prompt_cost: round(promptCost),
          upstream_inference_completions_cost: round(completionCost),
        },
      },
    },
  };
}

/** Returns the first properties of an answer in both dialects. */
export function completionHead(model: string) {
  const created = Math.floor(Date.now() / 1000);
  return { object: "chat.completion", created, model, system_fingerprint: null };
}

/** Returns the token counts of an answer as both dialects write them. */
export function usageOf(prompt: number, completion: number, cached: number, reasoning: number) {
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: reasoning },
  };
}

export function generationId(call: number): string {
  return `gen-${Math.floor(Date.now() / 1000)}-${call.toString(36).padStart(8, "0")}`;
}

/** Rounds dollars to 12 decimals, which removes the noise of binary fractions. */
function round(usd: number): number {
  return Math.round(usd * 1e12) / 1e12;
}
