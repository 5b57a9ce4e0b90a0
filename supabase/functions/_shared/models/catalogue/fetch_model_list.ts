import { type EndpointClientOptions, requestModelList } from "../calls/endpoint_client.ts";
import type { ProviderEndpoint } from "../provider_env.ts";
import { findProvider } from "../providers.ts";
import { type ListedModel, readModelList } from "./read_model_list.ts";

/** Wait for a list. A checkout goes on without one that takes longer. */
const TIMEOUT_MS = 3_000;
/** Largest list that is read: OpenRouter's, the longest, has about 1 MB. */
const MAX_LIST_BYTES = 8 * 1024 * 1024;

/**
 * Reads a provider's list of models, which costs nothing.
 *
 * @param name Its `base_url_key`.
 * @throws {Error} if it does not answer in time, or not with a list.
 */
export async function fetchModelList(
  name: string,
  endpoint: ProviderEndpoint,
  options: EndpointClientOptions & { readonly timeoutMs?: number } = {},
): Promise<ListedModel[]> {
  const { text } = await requestModelList(endpoint, name, {
    ...options,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    maxAnswerBytes: MAX_LIST_BYTES,
  });
  return readModelList(findProvider(name)?.list ?? "openai", JSON.parse(text));
}
