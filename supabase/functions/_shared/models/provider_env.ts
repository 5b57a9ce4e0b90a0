import { z } from "zod";
import { secretVariable, urlVariable } from "../platform/env.ts";
import { isPrivateUrl } from "../platform/private_url.ts";
import { type ProviderName, PROVIDERS, variablesOf } from "./providers.ts";

type ProviderVariable = `${Uppercase<ProviderName>}_${"BASE_URL" | "API_KEY"}`;

/** Variables of every provider in {@link PROVIDERS}: `<NAME>_BASE_URL` and `<NAME>_API_KEY`. */
export const providerEnv = Object.fromEntries(
  PROVIDERS.flatMap(({ name, baseUrl }) => {
    const variables = variablesOf(name);
    return [
      [variables.baseUrl, baseUrl === null ? urlVariable.optional() : urlVariable.default(baseUrl)],
      [variables.apiKey, secretVariable.optional()],
    ];
  }),
) as Record<ProviderVariable, z.ZodOptional<z.ZodString>>;

/** Address and key of one provider's endpoint. */
export interface ProviderEndpoint {
  /** Base URL with the version: `https://openrouter.ai/api/v1`. */
  readonly baseUrl: string;
  /** Null if the endpoint needs none. */
  readonly apiKey: string | null;
}

/**
 * Returns the endpoints that this environment can call, by provider. A provider without a key is
 * left out unless it needs none or is on a private network.
 */
export function readProviderEndpoints(
  env: Readonly<Partial<Record<ProviderVariable, string | undefined>>>,
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
