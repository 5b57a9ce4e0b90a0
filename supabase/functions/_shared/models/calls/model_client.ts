import type { CpuMeter } from "../../platform/cpu_meter.ts";
import { readRateLimitPause } from "../../platform/jobs/rate_limit_pause.ts";
import type { JsonObject } from "../../platform/json/json_value.ts";
import { roundUsd } from "../../platform/round_usd.ts";
import { parseBody, readCompletion } from "../answers/read_completion.ts";
import { readServed } from "../answers/served.ts";
import { parseContestant } from "../contestant.ts";
import type { DataPolicy } from "../data_policy.ts";
import { readAnswerInError } from "../errors/provider_error_words.ts";
import { classifyThrown } from "../errors/provider_errors.ts";
import type { ModelName } from "../model_name.ts";
import { tokenPricesOf } from "../model_prices.ts";
import type { ProviderEndpoint } from "../provider_env.ts";
import { dialectOf, slugOf } from "../providers.ts";
import { schemaSupportOf } from "../schemas/schema_subset.ts";
import { priceTokens } from "../token_prices.ts";
import {
  createEndpointClient,
  type EndpointClient,
  type EndpointClientOptions,
  ProviderError,
  requestModelList,
} from "./endpoint_client.ts";
import type {
  CompletionRequest,
  ModelProvider,
  ProviderProbe,
  StructuredOutput,
  TextModels,
  TextReply,
  TextRequest,
  TokenUsage,
  TransientFailure,
} from "./model_call.ts";
import { sendEffort, type SentEffort } from "./reasoning.ts";
import { adaptSampling, type SentSampling } from "./sampling.ts";

/** Options of {@link createModelProvider} and {@link createTextModels}. */
export interface ModelProviderOptions extends EndpointClientOptions {
  /** Endpoints by `base_url_key`. A model without one cannot be called. */
  readonly endpoints: Readonly<Record<string, ProviderEndpoint>>;
  /** Counts the CPU time of calls. */
  readonly cpu?: Pick<CpuMeter, "measure" | "calibrate">;
  /** Milliseconds of a steady clock. Default `performance.now`. */
  readonly now?: () => number;
}

type Content =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image_url"; readonly image_url: { readonly url: string } };

/** Parameters of a chat completion, with OpenRouter's own. */
interface Params extends SentEffort, SentSampling {
  readonly model: string;
  readonly messages: readonly {
    readonly role: "user";
    readonly content: string | readonly Content[];
  }[];
  readonly response_format?: {
    readonly type: "json_schema";
    readonly json_schema: {
      readonly name: string;
      readonly schema: JsonObject;
      readonly strict: boolean;
    };
  };
  readonly usage?: { readonly include: true };
  readonly provider?: DataPolicy & { readonly require_parameters?: true };
}

/**
 * Creates the entry point to all models for prompts with an image: OpenRouter, OpenAI, Groq,
 * Cerebras, our own OCR service and any endpoint that speaks OpenAI's chat completions.
 *
 * Every call is made once. Its cost is the one that the provider states, or else is computed from
 * its tokens and the model's frozen prices.
 */
export function createModelProvider(options: ModelProviderOptions): ModelProvider {
  const { call, probe } = createCaller(options);
  return {
    probe,
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

/**
 * Creates the entry point for prompts of text alone, which also reports the pauses that providers
 * ask for.
 */
export function createTextModels(options: ModelProviderOptions): TextModels {
  const { call, probe } = createCaller(options);
  return {
    probe,
    async complete(request, signal) {
      const reply = await call(request.provider, () => createTextParams(request), {
        signal,
        timeoutMs: request.timeoutMs,
        price: (usage) =>
          request.prices === null ? null : roundUsd(priceTokens(usage, request.prices)),
      });
      // OpenRouter calls many providers: a limit of one does not hold for models of another.
      return dialectOf(request.provider).isOpenRouter ? { ...reply, pauseMs: null } : reply;
    },
  };
}

interface CallOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Computes the cost in USD if the provider does not state it; null if no price is known. */
  readonly price: (usage: TokenUsage) => number | null;
}

const UNCOUNTED: NonNullable<ModelProviderOptions["cpu"]> = {
  measure: (work) => work(),
  calibrate: (work) => work(),
};

/** A list that takes longer is a sign of an outage. */
const PROBE_TIMEOUT_MS = 5_000;

function createCaller(options: ModelProviderOptions) {
  const { cpu = UNCOUNTED } = options;
  const now = options.now ?? (() => performance.now());
  const clients = new Map<string, EndpointClient>();
  const secrets = Object.values(options.endpoints).map(({ apiKey }) => apiKey)
    .filter((key) => key !== null);

  const clientOf = (baseUrlKey: string): EndpointClient | null => {
    const known = clients.get(baseUrlKey);
    if (known !== undefined) return known;
    const endpoint = options.endpoints[baseUrlKey];
    if (endpoint === undefined) return null;
    const client = createEndpointClient(endpoint, options);
    clients.set(baseUrlKey, client);
    return client;
  };

  const probe: ProviderProbe["probe"] = async (baseUrlKey, signal) => {
    const endpoint = options.endpoints[baseUrlKey];
    if (endpoint === undefined) return null;
    const { fetch } = options;
    try {
      await requestModelList(endpoint, baseUrlKey, {
        signal,
        timeoutMs: PROBE_TIMEOUT_MS,
        ...fetch === undefined ? {} : { fetch },
      });
      return null;
    } catch (error) {
      const isAborted = signal.aborted;
      const failure = classifyThrown(error, { isAborted, secrets, nowMs: Date.now() });
      return failure.kind === "transient" && DOWN.has(failure.reason) ? failure : null;
    }
  };

  const call = async (
    baseUrlKey: string,
    makeParams: () => Params,
    { signal, timeoutMs, price }: CallOptions,
  ): Promise<TextReply> => {
    const client = clientOf(baseUrlKey);
    if (client === null) {
      const variable = baseUrlKey.toUpperCase();
      const message =
        `No access to ${baseUrlKey}: ${variable}_BASE_URL or ${variable}_API_KEY is not set.`;
      return { outcome: { kind: "fatal", message, retryAtMs: null }, pauseMs: null };
    }
    if (signal.aborted) {
      const message = "The worker was stopped before the call.";
      const unsent = { reason: "aborted", retryAfterMs: null, charge: "none", cost: null } as const;
      return { outcome: { kind: "transient", message, ...unsent }, pauseMs: null };
    }
    const params = makeParams();
    const asked = params.model;
    const startedAt = now();
    try {
      const { headers, text } = await cpu.calibrate(() =>
        client.send({ path: "/chat/completions", body: params, signal, timeoutMs })
      );
      const elapsedMs = now() - startedAt;
      return cpu.measure(() => ({
        outcome: readCompletion(parseBody(text), { asked, headers, price, elapsedMs, secrets }),
        pauseMs: readRateLimitPause(headers, Date.now()),
      }));
    } catch (error) {
      const nowMs = Date.now();
      const { headers, body } = error instanceof ProviderError
        ? error
        : { headers: undefined, body: undefined };
      const served = headers === undefined ? null : readServed(headers, body, asked);
      const written = readAnswerInError(body);
      if (written !== null && served !== null && !signal.aborted) {
        const responseTimeMs = Math.round(now() - startedAt);
        const answer = { kind: "answer", usage: null, cost: null, responseTimeMs, served } as const;
        return { outcome: { ...answer, ...written }, pauseMs: null };
      }
      const outcome = {
        ...classifyThrown(error, { isAborted: signal.aborted, secrets, nowMs }),
        served,
      };
      const said = headers === undefined ? null : readRateLimitPause(headers, nowMs);
      const isBusy = outcome.kind === "transient" && outcome.reason === "busy";
      return { outcome, pauseMs: said ?? (isBusy ? outcome.retryAfterMs : null) };
    }
  };
  return { call, probe };
}

/** Failures of a request for the list of models that mean that its provider is down. */
const DOWN: ReadonlySet<TransientFailure["reason"]> = new Set(["network", "server", "timeout"]);

function createParams(request: CompletionRequest): Params {
  const { id, base_url_key: provider, reasoning } = request.model;
  const model = slugOf(id, provider);
  return {
    model,
    messages: [{
      role: "user",
      content: [
        { type: "text", text: request.prompt },
        { type: "image_url", image_url: { url: request.imageUrl } },
      ],
    }],
    [request.limitName ?? dialectOf(provider).limit]: request.maxOutputTokens,
    ...sendEffort({ provider, model: id, reasoning }),
    ...sendSchema(
      { provider, model },
      request.structuredOutput,
      "extraction",
      request.dataPolicy,
    ),
  };
}

function createTextParams(request: TextRequest): Params {
  const { provider, prompt, parameters, structuredOutput = null } = request;
  const { max_tokens, ...others } = parameters;
  const model = parseContestant(request.model).modelId;
  return {
    model,
    messages: [{ role: "user", content: prompt }],
    [request.limitName ?? dialectOf(provider).limit]: max_tokens,
    ...adaptSampling({ provider, model }, others),
    ...sendEffort({ provider, model: request.model }),
    ...sendSchema({ provider, model }, structuredOutput, "answer"),
  };
}

/** Returns the parameters that enforce a schema, and OpenRouter's own. */
function sendSchema(
  model: ModelName,
  structuredOutput: StructuredOutput | null,
  name: string,
  dataPolicy?: DataPolicy,
): Partial<Params> {
  const { isOpenRouter } = dialectOf(model.provider);
  const own: Partial<Params> = isOpenRouter
    ? {
      usage: { include: true },
      ...dataPolicy === undefined ? {} : { provider: dataPolicy },
    }
    : {};
  if (structuredOutput === null) return own;
  // Also for a reduced schema: what is left of it is what the provider guarantees, if it
  // guarantees any.
  const strict = schemaSupportOf(model).kind === "guarantees";
  const { schema } = structuredOutput;
  return {
    response_format: { type: "json_schema", json_schema: { name, schema, strict } },
    ...own,
    // Without it an upstream that cannot enforce a schema drops the schema and answers anyway.
    ...isOpenRouter ? { provider: { ...own.provider, require_parameters: true } } : {},
  };
}

/** Returns the USD of one call with one image. */
export function priceCall(usage: TokenUsage, prices: CompletionRequest["model"]): number {
  return roundUsd(priceTokens(usage, tokenPricesOf(prices)) + prices.image_price);
}
