import type { JsonObject } from "../../platform/json/json_value.ts";
import type { ModelPrices } from "../model_prices.ts";
import type { Reasoning } from "./reasoning.ts";

/** One question to a model about one image. */
export interface CompletionRequest {
  readonly model: ModelPrices & {
    /** The contestant's: `openai/gpt-6-luna`, `openai/gpt-6-luna#high`. */
    readonly id: string;
    readonly reasoning?: Reasoning;
    /** Which endpoint serves it. */
    readonly base_url_key: string;
  };
  readonly prompt: string;
  /** `https:`, or `data:` where the provider cannot fetch it. */
  readonly imageUrl: string;
  /** Present where the model is to be held to a schema by its provider. */
  readonly structuredOutput: StructuredOutput | null;
  readonly maxOutputTokens: number;
  /** Parameter name of the token limit, if the provider asked for another than its usual one. */
  readonly limitName?: "max_tokens" | "max_completion_tokens";
  /** From sending to the last byte of the answer. */
  readonly timeoutMs: number;
}

/** A schema that a provider holds a model to. */
export interface StructuredOutput {
  readonly schema: JsonObject;
  /** True if `schema` is the whole requested schema, false if it is the supported part of it. */
  readonly strict: boolean;
}

/** Tokens as the provider counted them. */
export interface TokenUsage {
  readonly inputTokens: number;
  /** All that is billed as output, thinking included. */
  readonly outputTokens: number;
  /** Part of the input: read from the provider's cache. */
  readonly cachedTokens: number;
  /** Part of the input: written to the provider's cache, at a price of its own. */
  readonly cacheWriteTokens: number;
  /** Part of the output: spent on thinking; null where the provider does not say. */
  readonly reasoningTokens: number | null;
}

/** Who answered a call, as far as the answer says. */
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

/**
 * How an answer ended: of itself, at the limit of tokens, in a refusal by the model, or withheld by
 * the provider's filter.
 */
export type AnswerEnding = "stop" | "length" | "refusal" | "filtered";

/** Part that all outcomes of a call share. */
interface Reply {
  /** Who answered; null or absent where nobody did. */
  readonly served?: Served | null;
}

/** The model answered, well or badly: a result of the benchmark. */
export interface Answer extends Reply {
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

/** Part that all outcomes without an answer share. */
interface Failure extends Reply {
  /** For people; no secrets, no addresses. */
  readonly message: string;
}

/** No answer, but the same call may bring one later. */
export interface TransientFailure extends Failure {
  readonly kind: "transient";
  readonly reason: "busy" | "server" | "network" | "timeout" | "garbled" | "empty" | "aborted";
  /** Milliseconds the provider asks to wait, or null. */
  readonly retryAfterMs: number | null;
  readonly charge: Charge;
  /** USD where the provider said so despite the failure. */
  readonly cost: number | null;
  /** True for an error inside HTTP 200 that may have been billed and names no status or known code. */
  readonly isUnexplained?: boolean;
}

/** A parameter of the request that the provider does not take, or not with this value. */
export interface RefusedParameter {
  /** As the provider calls it; null where it does not say. */
  readonly name: string | null;
  /** The highest value that it would take, where it says one. */
  readonly atMost: number | null;
  /** The parameter that it wants instead, where it names one. */
  readonly instead: string | null;
}

/**
 * Why a call will never bring an answer:
 * - `filtered`: a filter withheld the content from the model, or its answer from us.
 * - `unfit`: the model cannot take this request: too long, too large.
 * - `unavailable`: this model is not to be had here: gone, retired, or not open to this key, tier,
 *   region or data policy; or whatever stands at the endpoint's address is not the provider.
 * - `schema_refused`: the provider does not take the schema, or schemas at all.
 * - `parameter_refused`: it does not take a parameter or its value; see {@link RefusedParameter}.
 * - `image_unreadable`: it could not download or read the image as it was sent.
 * - `cut_by_limit`: it took the request, and our limit of tokens ended the answer, also the raised one.
 */
export type RejectionReason =
  | "filtered"
  | "unfit"
  | "unavailable"
  | "schema_refused"
  | "parameter_refused"
  | "image_unreadable"
  | "cut_by_limit";

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
 * The provider's account is in trouble, so no call to it can succeed: credit, billing, usage limit,
 * key, restricted organisation, terms to accept.
 */
export interface FatalFailure extends Failure {
  readonly kind: "fatal";
  /** Milliseconds since 1970 at which the provider says it will answer again, or null. */
  readonly retryAtMs: number | null;
}

export type CompletionOutcome = Answer | TransientFailure | Rejection | FatalFailure;

/** Looks whether a provider answers at all. */
export interface ProviderProbe {
  /**
   * Asks the provider behind `base_url_key` for its list of models, which costs nothing. Returns null
   * if it answers, also with a refusal: not every endpoint has a list. Returns the failure if there is
   * no connection, no answer within seconds, or a status of 500 or above. Never throws.
   */
  probe(baseUrlKey: string, signal: AbortSignal): Promise<TransientFailure | null>;
}

/** The door to all models. */
export interface ModelProvider extends ProviderProbe {
  /** Makes one call and says what came of it; never throws and never repeats a call. */
  complete(request: CompletionRequest, signal: AbortSignal): Promise<CompletionOutcome>;
}
