/**
 * The list of providers. Environment variables, clients, checks of requests, `models-sync` and the
 * local stack all follow from it.
 *
 * How to add a provider whose endpoint speaks OpenAI's chat completions, in three files:
 * 1. here: an entry of {@link PROVIDERS};
 * 2. a migration: `insert into private.providers (name) values ('…')`, which `models.base_url_key`
 *    and `run_models.provider` refer to;
 * 3. docs/models.md: its row in the table of providers, with its key and address.
 *
 * `providers_test.ts` and `tests/model_seeds_test.ts` fail and name the step that was forgotten.
 * Deviations from OpenAI's API go where the provider is asked: `calls/reasoning.ts` (effort),
 * `calls/sampling.ts` (parameters), `schemas/schema_subset.ts` (schemas), `image_limits.ts`
 * (images) and `errors/provider_error_rules.ts` (errors).
 */
import { parseContestant } from "./contestant.ts";

/** Format of a provider's list of models; see `read_model_list.ts`. */
export type ListFormat = "openrouter" | "openai" | "anthropic" | "mistral" | "google";

/** Address of one provider and the conventions of its API. */
export interface Provider {
  /** Value of `models.base_url_key`. In capitals, the prefix of its environment variables. */
  readonly name: string;
  /** Default base URL, version included; null if the operator has to set one. */
  readonly baseUrl: string | null;
  /**
   * True if it can be called without a key. Others need a key unless they are on a private network.
   */
  readonly isKeyless: boolean;
  /** Name of the parameter that limits an answer's tokens. */
  readonly limit: "max_tokens" | "max_completion_tokens";
  /** Name of a model in requests: the `whole` catalogue id, or `bare` without `<provider>/`. */
  readonly slug: "whole" | "bare";
  readonly list: ListFormat;
  /** Its id in `@pydantic/genai-prices` if its own list gives no prices; else null. */
  readonly pricesAt: string | null;
}

/** Properties of most providers. */
const USUAL = {
  isKeyless: false,
  limit: "max_tokens",
  slug: "bare",
  list: "openai",
  pricesAt: null,
} as const;

/** Providers in the order in which they are listed to people. */
export const PROVIDERS = [
  {
    ...USUAL,
    name: "openrouter",
    baseUrl: "https://openrouter.ai/api/v1",
    slug: "whole",
    list: "openrouter",
  },
  {
    ...USUAL,
    name: "openai",
    baseUrl: "https://api.openai.com/v1",
    limit: "max_completion_tokens",
    pricesAt: "openai",
  },
  {
    ...USUAL,
    name: "google",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta/openai",
    limit: "max_completion_tokens",
    list: "google",
    pricesAt: "google",
  },
  {
    ...USUAL,
    name: "anthropic",
    baseUrl: "https://api.anthropic.com/v1",
    list: "anthropic",
    pricesAt: "anthropic",
  },
  {
    ...USUAL,
    name: "mistral",
    baseUrl: "https://api.mistral.ai/v1",
    list: "mistral",
    pricesAt: "mistral",
  },
  {
    ...USUAL,
    name: "groq",
    baseUrl: "https://api.groq.com/openai/v1",
    limit: "max_completion_tokens",
    pricesAt: "groq",
  },
  {
    ...USUAL,
    name: "cerebras",
    baseUrl: "https://api.cerebras.ai/v1",
    limit: "max_completion_tokens",
    pricesAt: "cerebras",
  },
  { ...USUAL, name: "local", baseUrl: null, isKeyless: true, slug: "whole" },
  { ...USUAL, name: "compatible", baseUrl: null, isKeyless: true },
] as const satisfies readonly Provider[];

/** Every `models.base_url_key`. */
export type ProviderName = (typeof PROVIDERS)[number]["name"];

/** The names of {@link PROVIDERS}, in their order. */
export const PROVIDER_NAMES: readonly ProviderName[] = PROVIDERS.map(({ name }) => name);

/** Returns the entry of a `base_url_key`; undefined for a key that is not in the list. */
export function findProvider(name: string): Provider | undefined {
  return PROVIDERS.find((provider) => provider.name === name);
}

/** Conventions of a provider's API that requests depend on. */
export interface Dialect extends Pick<Provider, "limit" | "slug"> {
  readonly isOpenRouter: boolean;
}

/** Returns the conventions of the endpoint behind a `base_url_key`. */
export function dialectOf(baseUrlKey: string): Dialect {
  const { limit, slug } = findProvider(baseUrlKey) ?? USUAL;
  return { limit, slug, isOpenRouter: baseUrlKey === "openrouter" };
}

/** Returns the name of a contestant's model at its endpoint, without the effort. */
export function slugOf(contestantId: string, baseUrlKey: string): string {
  const { modelId } = parseContestant(contestantId);
  const prefix = `${baseUrlKey}/`;
  return dialectOf(baseUrlKey).slug === "bare" && modelId.startsWith(prefix)
    ? modelId.slice(prefix.length)
    : modelId;
}

/** Returns the environment variables that configure a provider. */
export function variablesOf<Name extends string>(
  name: Name,
): {
  readonly baseUrl: `${Uppercase<Name>}_BASE_URL`;
  readonly apiKey: `${Uppercase<Name>}_API_KEY`;
} {
  const prefix = name.toUpperCase() as Uppercase<Name>;
  return { baseUrl: `${prefix}_BASE_URL`, apiKey: `${prefix}_API_KEY` };
}
