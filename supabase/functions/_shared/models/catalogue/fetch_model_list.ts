import {
  createProviderClient,
  type ProviderClientOptions,
  requestModelList,
} from "../calls/endpoint_client.ts";
import type { ProviderEndpoint } from "../provider_env.ts";
import { findProvider } from "../providers.ts";
import { type ListedModel, readModelList } from "./read_model_list.ts";

/** A list that does not come soon is done without. */
const TIMEOUT_MS = 3_000;
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
  const timeout = options.timeoutMs ?? TIMEOUT_MS;
  return readModelList(format, await requestModelList(client, name, { timeout }));
}
