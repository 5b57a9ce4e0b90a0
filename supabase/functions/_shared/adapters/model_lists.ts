import { createBoundedCache } from "../jobs/bounded_cache.ts";
import { isListed } from "../models/match_models.ts";
import { findProvider } from "../models/providers.ts";
import { type ListedModel, readModelList } from "../models/read_model_list.ts";
import type { ModelLists } from "../prompts/catalogue.ts";
import {
  createProviderClient,
  type ProviderClientOptions,
  type ProviderEndpoint,
} from "./provider_clients.ts";

/** A list that does not come soon is done without. */
const TIMEOUT_MS = 3_000;
const FRESH_MS = 300_000;
/** OpenRouter's list, the longest, has about 1 MB. */
const MAX_LIST_BYTES = 8 * 1024 * 1024;

/**
 * Asks a provider for its list of models, which costs nothing.
 *
 * @param name Its `base_url_key`.
 * @throws {Error} where it does not answer in time, or with no list.
 */
export async function fetchModelList(
  name: string,
  endpoint: ProviderEndpoint,
  options: ProviderClientOptions & { readonly timeoutMs?: number } = {},
): Promise<ListedModel[]> {
  const client = createProviderClient(endpoint, { ...options, maxAnswerBytes: MAX_LIST_BYTES });
  const format = findProvider(name)?.list ?? "openai";
  const request = { timeout: options.timeoutMs ?? TIMEOUT_MS };
  const body = format === "anthropic"
    // Its list, unlike its chat completions, is not OpenAI's.
    ? await client.get<unknown>("/models?limit=1000", {
      ...request,
      headers: {
        authorization: null,
        "x-api-key": endpoint.apiKey,
        "anthropic-version": "2023-06-01",
      },
    })
    : await client.get<unknown>("/models", request);
  return readModelList(format, body);
}

/** Asks endpoints for their lists of models and keeps them for five minutes. */
export function createModelLists(
  endpoints: Readonly<Record<string, ProviderEndpoint>>,
  options: ProviderClientOptions = {},
): ModelLists {
  const lists = createBoundedCache(2 * Object.keys(endpoints).length + 1, async (key) => {
    const provider = key.slice(key.indexOf(" ") + 1);
    const endpoint = endpoints[provider];
    return endpoint === undefined ? null : await fetchModelList(provider, endpoint, options);
  });
  return {
    isConfigured: (provider) => endpoints[provider] !== undefined,
    async hasModel({ provider, model }) {
      const listed = await lists.get(`${Math.floor(Date.now() / FRESH_MS)} ${provider}`)
        .catch(() => null);
      const found = findProvider(provider);
      return listed === null || found === undefined ? null : isListed(found, model, listed);
    },
  };
}
