import type OpenAI from "openai";
import { APIError } from "openai";
import { z } from "zod";
import { toRawIntegers } from "../benchmark/lossless_json.ts";
import type {
  Answer,
  CompletionOutcome,
  CompletionRequest,
  ModelProvider,
  StructuredOutput,
  TokenUsage,
} from "../benchmark/model_provider.ts";
import { roundUsd } from "../budget/round_usd.ts";
import { readRateLimitPause } from "../jobs/rate_limit_pause.ts";
import type { TokenPrices } from "../prompts/config.ts";
import type { TextModels, TextRequest } from "../prompts/text_model.ts";
import {
  createProviderClient,
  type Dialect,
  dialectOf,
  type ProviderClientOptions,
  type ProviderEndpoint,
  slugOf,
} from "./provider_clients.ts";
import { classifyError, classifyThrown, PROVIDER_ERROR_SCHEMA } from "./provider_errors.ts";

/** How {@link createModelProvider} reaches the models. */
export interface ModelProviderOptions extends ProviderClientOptions {
  /** By `base_url_key`. A model whose key is absent cannot be called. */
  readonly endpoints: Readonly<Record<string, ProviderEndpoint>>;
  /** Milliseconds of a steady clock. Default `performance.now`. */
  readonly now?: () => number;
}

/** What OpenRouter takes beyond OpenAI's parameters. */
interface OpenRouterParams {
  usage?: { include: true };
  provider?: { require_parameters: true };
}

type Params = OpenAI.ChatCompletionCreateParamsNonStreaming & OpenRouterParams;

const tokens = z.number().nonnegative().transform(Math.round);

const usageSchema = z.object({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  prompt_tokens_details: z.object({ cached_tokens: tokens.nullish() }).nullish(),
  cost: z.number().nonnegative().nullish(),
  is_byok: z.boolean().nullish(),
  cost_details: z.object({ upstream_inference_cost: z.number().nonnegative().nullish() }).nullish(),
});

/** The parts of an answer that are read, as lenient as the compatible endpoints differ. */
const completionSchema = z.object({
  error: PROVIDER_ERROR_SCHEMA.nullish(),
  choices: z.array(z.object({
    finish_reason: z.string().nullish(),
    error: PROVIDER_ERROR_SCHEMA.nullish(),
    message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }).nullish(),
  })).nullish(),
  usage: usageSchema.nullish().catch(null),
});

/**
 * One door for all models: OpenRouter, OpenAI, Groq, Cerebras, our own OCR service and whatever
 * speaks OpenAI's chat completions.
 *
 * Every call is made once. What it cost is taken from the answer where the provider says so, else
 * computed from its tokens and the model's frozen prices.
 */
export function createModelProvider(options: ModelProviderOptions): ModelProvider {
  const call = createCaller(options);
  return {
    async complete(request, signal) {
      const { base_url_key } = request.model;
      const { outcome } = await call(base_url_key, () => createParams(request), {
        signal,
        timeoutMs: request.timeoutMs,
        price: (usage) => priceCall(usage, request.model),
      });
      return outcome;
    },
  };
}

/** The same door for prompts of text alone, which also hears what providers say of their limits. */
export function createTextModels(options: ModelProviderOptions): TextModels {
  const call = createCaller(options);
  return {
    async complete(request, signal) {
      const reply = await call(request.provider, () => createTextParams(request), {
        signal,
        timeoutMs: request.timeoutMs,
        price: (usage) => priceTokens(usage, request.prices),
      });
      // Behind OpenRouter stand many providers: what one says is no limit of another's models.
      return dialectOf(request.provider).isOpenRouter === true
        ? { ...reply, pauseMs: null }
        : reply;
    },
  };
}

interface CallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** USD where the provider does not say it; null where nobody knows. */
  readonly price: (usage: TokenUsage) => number | null;
}

interface CallReply {
  readonly outcome: CompletionOutcome;
  readonly pauseMs: number | null;
}

function createCaller(options: ModelProviderOptions) {
  const now = options.now ?? (() => performance.now());
  const clients = new Map<string, OpenAI>();
  const secrets = Object.values(options.endpoints).map(({ apiKey }) => apiKey)
    .filter((key) => key !== null);

  const clientOf = (baseUrlKey: string): OpenAI | null => {
    const known = clients.get(baseUrlKey);
    if (known !== undefined) return known;
    const endpoint = options.endpoints[baseUrlKey];
    if (endpoint === undefined) return null;
    const client = createProviderClient(endpoint, options);
    clients.set(baseUrlKey, client);
    return client;
  };

  return async (
    baseUrlKey: string,
    makeParams: () => Params,
    { signal, timeoutMs, price }: CallOptions,
  ): Promise<CallReply> => {
    const client = clientOf(baseUrlKey);
    if (client === null) {
      const variable = baseUrlKey.toUpperCase();
      const message =
        `No access to ${baseUrlKey}: ${variable}_BASE_URL or ${variable}_API_KEY is not set.`;
      return { outcome: { kind: "fatal", message }, pauseMs: null };
    }
    if (signal.aborted) {
      const outcome = transient("aborted", "The worker was stopped before the call.", "none");
      return { outcome, pauseMs: null };
    }
    const startedAt = now();
    try {
      const { data, response } = await client.chat.completions.create(makeParams(), {
        signal,
        timeout: Math.max(1, Math.ceil(timeoutMs)),
      }).withResponse();
      return {
        outcome: readCompletion(data, price, now() - startedAt, secrets),
        pauseMs: readRateLimitPause(response.headers, Date.now()),
      };
    } catch (error) {
      const nowMs = Date.now();
      const outcome = classifyThrown(error, { isAborted: signal.aborted, secrets, nowMs });
      const said = error instanceof APIError && error.headers !== undefined
        ? readRateLimitPause(error.headers, nowMs)
        : null;
      const isBusy = outcome.kind === "transient" && outcome.reason === "busy";
      return { outcome, pauseMs: said ?? (isBusy ? outcome.retryAfterMs : null) };
    }
  };
}

function createParams(request: CompletionRequest): Params {
  const { model, structuredOutput } = request;
  const dialect = dialectOf(model.base_url_key);
  const params: Params = {
    model: slugOf(model.id, model.base_url_key),
    messages: [{
      role: "user",
      content: [
        { type: "text", text: request.prompt },
        { type: "image_url", image_url: { url: request.imageUrl } },
      ],
    }],
    [dialect.limit]: request.maxOutputTokens,
  };
  addExtras(params, dialect, structuredOutput, "extraction");
  return params;
}

function createTextParams(request: TextRequest): Params {
  const { provider, model, prompt, parameters, structuredOutput = null } = request;
  const { max_tokens, ...others } = parameters;
  const dialect = dialectOf(provider);
  const params: Params = {
    model,
    messages: [{ role: "user", content: prompt }],
    [dialect.limit]: max_tokens,
    ...others,
  };
  addExtras(params, dialect, structuredOutput, "answer");
  return params;
}

/** The schema to keep to, and what OpenRouter wants to be told. */
function addExtras(
  params: Params,
  dialect: Dialect,
  structuredOutput: StructuredOutput | null,
  name: string,
): void {
  if (structuredOutput !== null) {
    const { schema, strict } = structuredOutput;
    params.response_format = {
      type: "json_schema",
      json_schema: { name, schema: toRawIntegers(schema), strict },
    };
  }
  if (dialect.isOpenRouter === true) {
    params.usage = { include: true };
    // Without it an upstream that cannot keep to a schema drops it and answers anyhow.
    if (structuredOutput !== null) params.provider = { require_parameters: true };
  }
}

/** What an answer with HTTP 200 is worth, which may still be an error. */
function readCompletion(
  body: unknown,
  price: CallOptions["price"],
  elapsedMs: number,
  secrets: readonly string[],
): CompletionOutcome {
  const parsed = completionSchema.safeParse(body);
  if (!parsed.success) return garbled("The answer is not a chat completion.", null);
  const { choices, usage } = parsed.data;
  const counted = usage == null ? null : readUsage(usage);
  const cost = usage == null ? null : costOf(usage, price);
  const choice = choices?.[0];
  const error = parsed.data.error ?? choice?.error;
  if (error != null) {
    return classifyError({ error, status: 200, retryAfterMs: null, cost, secrets });
  }
  if (choice?.message == null) return garbled("The answer holds no choices.", cost);
  if (choice.finish_reason === "error") return garbled("The model broke off.", cost);
  const { content, refusal } = choice.message;
  const text = content ?? "";
  const isRefused = refusal != null && refusal !== "";
  if (text === "" && !isRefused && counted?.outputTokens === 0) {
    // A model that is still being loaded answers with nothing, and for nothing.
    return { ...transient("empty", "The model wrote nothing.", chargeOf(cost)), cost };
  }
  const answer: Answer = {
    kind: "answer",
    text: isRefused && text === "" ? refusal : text,
    ending: isRefused ? "refusal" : endingOf(choice.finish_reason),
    usage: counted,
    cost,
    responseTimeMs: Math.round(elapsedMs),
  };
  return answer;
}

function endingOf(finishReason: string | null | undefined): Answer["ending"] {
  if (finishReason === "length") return "length";
  return finishReason === "content_filter" ? "filtered" : "stop";
}

function readUsage(usage: z.output<typeof usageSchema>): TokenUsage {
  return {
    inputTokens: usage.prompt_tokens,
    outputTokens: usage.completion_tokens,
    cachedTokens: Math.min(
      usage.prompt_tokens_details?.cached_tokens ?? 0,
      usage.prompt_tokens,
    ),
  };
}

/** USD: what the provider says, else tokens times prices. */
function costOf(
  usage: z.output<typeof usageSchema>,
  price: CallOptions["price"],
): number | null {
  if (usage.cost != null) {
    // With the customer's own key OpenRouter names its fee, and the upstream's price beside it.
    const upstream = usage.is_byok === true ? usage.cost_details?.upstream_inference_cost ?? 0 : 0;
    return roundUsd(usage.cost + upstream);
  }
  return price(readUsage(usage));
}

/** USD of one call with one image. Cached tokens are part of the input tokens. */
export function priceCall(usage: TokenUsage, prices: CompletionRequest["model"]): number {
  return roundUsd(
    (usage.inputTokens - usage.cachedTokens) * prices.input_price +
      usage.cachedTokens * prices.cached_input_price +
      usage.outputTokens * prices.output_price +
      prices.image_price,
  );
}

function priceTokens(usage: TokenUsage, prices: TokenPrices | null): number | null {
  if (prices === null) return null;
  return roundUsd(
    (usage.inputTokens - usage.cachedTokens) * prices.input +
      usage.cachedTokens * prices.cached_input + usage.outputTokens * prices.output,
  );
}

function chargeOf(cost: number | null): "none" | "unknown" {
  return cost === 0 ? "none" : "unknown";
}

function garbled(message: string, cost: number | null): CompletionOutcome {
  return { ...transient("garbled", message, chargeOf(cost)), cost };
}

function transient(
  reason: "aborted" | "empty" | "garbled",
  message: string,
  charge: "none" | "unknown",
): CompletionOutcome & { kind: "transient" } {
  return { kind: "transient", reason, message, retryAfterMs: null, charge, cost: null };
}
