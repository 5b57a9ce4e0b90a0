import { createBoundedCache } from "../jobs/bounded_cache.ts";
import type { ModelLists } from "../prompts/catalogue.ts";
import {
  createProviderClient,
  dialectOf,
  type ProviderClientOptions,
  type ProviderEndpoint,
} from "./provider_clients.ts";

/** A list that does not come soon is done without. */
const TIMEOUT_MS = 3_000;
const FRESH_MS = 300_000;

/** Asks endpoints for their lists of models, which costs nothing, and keeps them for five minutes. */
export function createModelLists(
  endpoints: Readonly<Record<string, ProviderEndpoint>>,
  options: ProviderClientOptions = {},
): ModelLists {
  const lists = createBoundedCache(2 * Object.keys(endpoints).length + 1, async (key) => {
    const provider = key.slice(key.indexOf(" ") + 1);
    const endpoint = endpoints[provider];
    if (endpoint === undefined) return null;
    const names = new Set<string>();
    const client = createProviderClient(endpoint, options);
    for await (const { id } of client.models.list({ timeout: TIMEOUT_MS })) names.add(id);
    return names;
  });
  return {
    isConfigured: (provider) => endpoints[provider] !== undefined,
    async hasModel({ provider, model }) {
      const names = await lists.get(`${Math.floor(Date.now() / FRESH_MS)} ${provider}`)
        .catch(() => null);
      if (names === null || names.size === 0) return null;
      // OpenRouter takes `:free`, `:nitro` and the like after any name.
      const base = dialectOf(provider).isOpenRouter === true
        ? model.replace(/:[a-z]+$/, "")
        : model;
      return names.has(model) || names.has(base);
    },
  };
}
