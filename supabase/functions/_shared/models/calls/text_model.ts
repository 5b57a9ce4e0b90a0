import type { TokenPrices } from "../token_prices.ts";
import type { CompletionOutcome, ProviderProbe, StructuredOutput } from "./model_provider.ts";
import type { TextParameters } from "./parameters.ts";

/** One prompt for one model. */
export interface TextRequest {
  /** Whose endpoint: `base_url_key`. */
  readonly provider: string;
  /** The provider's own name for it. */
  readonly model: string;
  readonly prompt: string;
  readonly parameters: TextParameters;
  /** Parameter name of the token limit, if the provider asked for another than its usual one. */
  readonly limitName?: "max_tokens" | "max_completion_tokens";
  /** Present where the provider is to hold the model to a schema. */
  readonly structuredOutput?: StructuredOutput | null;
  /** Null where the model has no price: its calls cost what the provider says, or nobody knows. */
  readonly prices: TokenPrices | null;
  /** From sending to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** What came of a call, and what the provider said of its limits. */
export interface TextReply {
  readonly outcome: CompletionOutcome;
  /** Milliseconds for which it wants no further call; null where it said nothing of the kind. */
  readonly pauseMs: number | null;
}

/** The door to all models, for text. */
export interface TextModels extends ProviderProbe {
  /** Makes one call and says what came of it; never throws and never repeats a call. */
  complete(request: TextRequest, signal: AbortSignal): Promise<TextReply>;
}
