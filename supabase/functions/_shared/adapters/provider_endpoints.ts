import type { ProviderEndpoint } from "./provider_clients.ts";
import { isPrivateUrl } from "./private_url.ts";

/** `<KEY>_BASE_URL` and `<KEY>_API_KEY`, as `providerEnv` parses them. */
type ProviderVariables = Readonly<
  Record<`${Uppercase<ProviderName>}_${"BASE_URL" | "API_KEY"}`, string | undefined>
>;
type ProviderName = (typeof PROVIDER_NAMES)[number];

/** Every `models.base_url_key`. */
const PROVIDER_NAMES = [
  "openrouter",
  "openai",
  "groq",
  "cerebras",
  "local",
  "compatible",
] as const;

/** What may well ask for no key; the others certainly do, unless they stand on this machine. */
const KEYLESS: ReadonlySet<ProviderName> = new Set(["local", "compatible"]);

/** The endpoints that can be called with what the environment holds. */
export function readProviderEndpoints(
  env: Partial<ProviderVariables>,
): Readonly<Record<string, ProviderEndpoint>> {
  const endpoints: Record<string, ProviderEndpoint> = {};
  for (const name of PROVIDER_NAMES) {
    const prefix = name.toUpperCase() as Uppercase<typeof name>;
    const baseUrl = env[`${prefix}_BASE_URL`];
    const apiKey = env[`${prefix}_API_KEY`] ?? null;
    if (baseUrl === undefined) continue;
    if (apiKey === null && !KEYLESS.has(name) && !isPrivateUrl(baseUrl)) continue;
    endpoints[name] = { baseUrl, apiKey };
  }
  return endpoints;
}
