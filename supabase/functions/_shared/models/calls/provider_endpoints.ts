import { isPrivateUrl } from "../../platform/private_url.ts";
import { type ProviderName, PROVIDERS, variablesOf } from "../providers.ts";
import type { ProviderEndpoint } from "./provider_clients.ts";

/** `<NAME>_BASE_URL` and `<NAME>_API_KEY`, as `providerEnv` parses them. */
type ProviderVariables = Readonly<
  Record<`${Uppercase<ProviderName>}_${"BASE_URL" | "API_KEY"}`, string | undefined>
>;

/** The endpoints that can be called with what the environment holds. */
export function readProviderEndpoints(
  env: Partial<ProviderVariables>,
): Readonly<Record<string, ProviderEndpoint>> {
  const endpoints: Record<string, ProviderEndpoint> = {};
  for (const { name, isKeyless } of PROVIDERS) {
    const variables = variablesOf(name);
    const baseUrl = env[variables.baseUrl];
    const apiKey = env[variables.apiKey] ?? null;
    if (baseUrl === undefined) continue;
    if (apiKey === null && !isKeyless && !isPrivateUrl(baseUrl)) continue;
    endpoints[name] = { baseUrl, apiKey };
  }
  return endpoints;
}
