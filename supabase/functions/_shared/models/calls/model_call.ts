/** One call to a model: the requests that can be made, and what can come of them. */
import type { JsonObject } from "../../platform/json/json_value.ts";
import type { DataPolicy } from "../data_policy.ts";
import type { ModelPrices } from "../model_prices.ts";
import type { TokenPrices } from "../token_prices.ts";
import type { TextParameters } from "./parameters.ts";
import type { Reasoning } from "./reasoning.ts";

/** Free check of a provider's availability. */
export interface ProviderProbe {
  /**
   * Asks the provider behind `base_url_key` for its list of models, which costs nothing. Returns
   * null if it answers. A refusal counts as an answer, since not every endpoint has a list. Returns
   * the failure if there is no connection, no answer within 5 seconds, or a status of 500 or above.
   * Never throws.
   */
  probe(baseUrlKey: string, signal: AbortSignal): Promise<TransientFailure | null>;
}

/** Entry point to all models for prompts with one image. */
export interface ModelProvider extends ProviderProbe {
  /** Makes one call and returns its outcome. Never throws and never repeats a call. */
  complete(request: CompletionRequest, signal: AbortSignal): Promise<CompletionOutcome>;
}

/** Entry point to all models for prompts of text alone. */
export interface TextModels extends ProviderProbe {
  /** Makes one call and returns its outcome. Never throws and never repeats a call. */
  complete(request: TextRequest, signal: AbortSignal): Promise<TextReply>;
}

/** Name of the request parameter that limits the tokens of an answer. */
export type LimitName = "max_tokens" | "max_completion_tokens";

/** One prompt about one image, for one model. */
export interface CompletionRequest {
  readonly model: ModelPrices & {
    /** Contestant's id: `openai/gpt-6-luna`, `openai/gpt-6-luna#high`. */
    readonly id: string;
    readonly reasoning?: Reasoning;
    /** Name of the provider whose endpoint serves it. */
    readonly base_url_key: string;
  };
  readonly prompt: string;
  /** `https:` URL, or a `data:` URL if the provider cannot fetch the image. */
  readonly imageUrl: string;
  /** Schema that the provider enforces; null for none. */
  readonly structuredOutput: StructuredOutput | null;
  readonly maxOutputTokens: number;
  /** Parameter name of the token limit, if the provider asked for another than its usual one. */
  readonly limitName?: LimitName;
  /** Restriction on where OpenRouter sends the request. Default: none. */
  readonly dataPolicy?: DataPolicy;
  /** Milliseconds from sending to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** One prompt of text, for one model. */
export interface TextRequest {
  /** Name of the provider whose endpoint serves the model: `base_url_key`. */
  readonly provider: string;
  /** The provider's own name for the model. */
  readonly model: string;
  readonly prompt: string;
  readonly parameters: TextParameters;
  /** Parameter name of the token limit, if the provider asked for another than its usual one. */
  readonly limitName?: LimitName;
  /** Schema that the provider enforces; null or absent for none. */
  readonly structuredOutput?: StructuredOutput | null;
  /** Null if no price is known: the cost of a call is then only known if the provider states it. */
  readonly prices: TokenPrices | null;
  /** Milliseconds from sending to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** A schema that a provider holds a model to. */
export interface StructuredOutput {
  readonly schema: JsonObject;
  /** True if `schema` is the whole requested schema, false if it is the supported part of it. */
  readonly strict: boolean;
}

/** Outcome of a text call, with the provider's wish for a pause. */
export interface TextReply {
  readonly outcome: CompletionOutcome;
  /** Milliseconds for which the provider wants no further call; null if it did not say. */
  readonly pauseMs: number | null;
}

export type CompletionOutcome = Answer | TransientFailure | Rejection | FatalFailure;

/** Part that all outcomes of a call share. */
interface Reply {
  /** Who answered; null or absent if nobody did. */
  readonly served?: Served | null;
}

/** The model answered, well or badly: a result of the benchmark. */
export interface Answer extends Reply {
  readonly kind: "answer";
  /** Text of the answer or of the refusal; may be empty. */
  readonly text: string;
  readonly ending: AnswerEnding;
  readonly usage: TokenUsage | null;
  /** USD; null if the provider reported neither cost nor tokens. */
  readonly cost: number | null;
  readonly responseTimeMs: number;
}

/**
 * Way an answer ended: by itself, at the token limit, as a refusal by the model, or withheld by the
 * provider's filter.
 */
export type AnswerEnding = "stop" | "length" | "refusal" | "filtered";

/** Tokens as the provider counted them. */
export interface TokenUsage {
  readonly inputTokens: number;
  /** All that is billed as output, thinking included. */
  readonly outputTokens: number;
  /** Part of the input: read from the provider's cache. */
  readonly cachedTokens: number;
  /** Part of the input: written to the provider's cache, at a price of its own. */
  readonly cacheWriteTokens: number;
  /** Part of the output: spent on thinking; null if the provider does not say. */
  readonly reasoningTokens: number | null;
}

/** Identity of who answered a call, as far as the answer names it. */
export interface Served {
  /** The model by the name that the answer gives it. */
  readonly model: string | null;
  /** The company behind an aggregator that ran the model. */
  readonly provider: string | null;
  /** Id of the call, which the provider's support asks for. Null if the provider gives none. */
  readonly requestId: string | null;
  /** True if a model other than the requested one answered. */
  readonly isOther: boolean;
}

/** Part that all outcomes without an answer share. */
interface Failure extends Reply {
  /** For people; no secrets, no addresses. */
  readonly message: string;
}

/** Billing of a call without an answer: certainly not billed, or unknown. */
export type Charge = "none" | "unknown";

/** No answer, but the same call may bring one later. */
export interface TransientFailure extends Failure {
  readonly kind: "transient";
  readonly reason: "busy" | "server" | "network" | "timeout" | "garbled" | "empty" | "aborted";
  /** Milliseconds the provider asks to wait, or null. */
  readonly retryAfterMs: number | null;
  readonly charge: Charge;
  /** USD, if the provider stated it despite the failure; else null. */
  readonly cost: number | null;
  /**
   * True for an error inside HTTP 200 that may have been billed and names no status or known code.
   */
  readonly isUnexplained?: boolean;
}

/** No answer, and this call will never bring one. */
export interface Rejection extends Failure {
  readonly kind: "rejected";
  readonly reason: RejectionReason;
  /** Parameter that was refused. Set only for the reason `parameter_refused`. */
  readonly refused?: RefusedParameter;
  readonly charge: Charge;
  readonly cost: number | null;
}

/**
 * Reason a call will never bring an answer:
 * - `filtered`: a filter withheld the content from the model, or its answer from us.
 * - `unfit`: the model cannot take this request: too long, too large.
 * - `unavailable`: this model cannot be used here: it is gone, retired, or not open to this key,
 *   tier, region or data policy; or the server at the endpoint's address is not the provider.
 * - `schema_refused`: the provider does not take the schema, or schemas at all.
 * - `parameter_refused`: it does not take a parameter or its value; see {@link RefusedParameter}.
 * - `image_unreadable`: it could not download or read the image as it was sent.
 * - `cut_by_limit`: our token limit ended the answer, and so did the raised one.
 */
export type RejectionReason =
  | "filtered"
  | "unfit"
  | "unavailable"
  | "schema_refused"
  | "parameter_refused"
  | "image_unreadable"
  | "cut_by_limit";

/** A parameter of the request that the provider does not take, or not with this value. */
export interface RefusedParameter {
  /** The provider's name for it; null if it does not say. */
  readonly name: string | null;
  /** Highest value that the provider takes; null if it does not say. */
  readonly atMost: number | null;
  /** Parameter that the provider wants instead; null if it names none. */
  readonly instead: string | null;
}

/**
 * The provider's account is in trouble, so no call to it can succeed: credit, billing, usage limit,
 * key, restricted organisation, terms to accept.
 */
export interface FatalFailure extends Failure {
  readonly kind: "fatal";
  /** Milliseconds since 1970 at which the provider says it will answer again, or null. */
  readonly retryAtMs: number | null;
}
