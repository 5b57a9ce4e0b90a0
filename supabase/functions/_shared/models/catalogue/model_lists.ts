import { createBoundedCache } from "../../platform/bounded_cache.ts";
import type { EndpointClientOptions } from "../calls/endpoint_client.ts";
import type { ProviderEndpoint } from "../provider_env.ts";
import type { ModelName } from "../model_name.ts";
import { findProvider } from "../providers.ts";
import { fetchModelList } from "./fetch_model_list.ts";
import { isListed } from "./match_models.ts";

const FRESH_MS = 300_000;

/** Lists of models that providers offer. */
export interface ModelLists {
  /** Returns true if there is an endpoint, and a key if it needs one. */
  isConfigured(provider: string): boolean;
  /** Returns true if the provider lists the model; null if its list could not be read. */
  hasModel(name: ModelName): Promise<boolean | null>;
}

/** Creates a cache of the endpoints' lists of models, each kept for five minutes. */
export function createModelLists(
  endpoints: Readonly<Record<string, ProviderEndpoint>>,
  options: EndpointClientOptions = {},
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
