import type { JsonObject, ModelPrices } from "./config.ts";

/** One question to a model about one image. */
export interface CompletionRequest {
  readonly model: ModelPrices & {
    /** As in the catalogue: `openai/gpt-4o-mini`. */
    readonly id: string;
    /** Which endpoint serves it. */
    readonly base_url_key: string;
  };
  readonly prompt: string;
  /** `https:`, or `data:` where the provider cannot fetch it. */
  readonly imageUrl: string;
  /** Present where the model is to be held to a schema by its provider. */
  readonly structuredOutput: StructuredOutput | null;
  readonly maxOutputTokens: number;
  /** From sending to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** A schema that a provider holds a model to. */
export interface StructuredOutput {
  readonly schema: JsonObject;
  /** Whether the schema is of the restricted kind that providers can guarantee. */
  readonly strict: boolean;
}

/** Tokens as the provider counted them. Cached ones are part of the input. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedTokens: number;
}

/**
 * How an answer ended: of itself, at the limit of tokens, in a refusal by the model, or withheld by
 * the provider's filter.
 */
export type AnswerEnding = "stop" | "length" | "refusal" | "filtered";

/** The model answered, well or badly: a result of the benchmark. */
export interface Answer {
  readonly kind: "answer";
  /** What it wrote, or why it refused; may be empty. */
  readonly text: string;
  readonly ending: AnswerEnding;
  readonly usage: TokenUsage | null;
  /** USD; null where neither cost nor tokens were reported. */
  readonly cost: number | null;
  readonly responseTimeMs: number;
}

/** Whether a call without an answer cost money: certainly not, or nobody knows. */
export type Charge = "none" | "unknown";

/** No answer, but the same call may bring one later. */
export interface TransientFailure {
  readonly kind: "transient";
  readonly reason: "busy" | "server" | "network" | "timeout" | "garbled" | "empty" | "aborted";
  /** For people; no secrets. */
  readonly message: string;
  /** Milliseconds the provider asks to wait, or null. */
  readonly retryAfterMs: number | null;
  readonly charge: Charge;
  /** USD where the provider said so despite the failure. */
  readonly cost: number | null;
}

/** No answer, and this call will never bring one. */
export interface Rejection {
  readonly kind: "rejected";
  /**
   * The content was withheld from the model or by it; the model cannot take this request; or the
   * provider has no such model for us, which says nothing about the model.
   */
  readonly reason: "filtered" | "unfit" | "unavailable";
  readonly message: string;
  readonly charge: Charge;
  readonly cost: number | null;
}

/** No call at all can succeed: no credit, or no valid key. */
export interface FatalFailure {
  readonly kind: "fatal";
  readonly message: string;
}

export type CompletionOutcome = Answer | TransientFailure | Rejection | FatalFailure;

/** The door to all models. */
export interface ModelProvider {
  /** Makes one call and says what came of it; never throws and never repeats a call. */
  complete(request: CompletionRequest, signal: AbortSignal): Promise<CompletionOutcome>;
}
