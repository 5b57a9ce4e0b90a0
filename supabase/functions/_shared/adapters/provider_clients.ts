import OpenAI from "openai";

/** The endpoint behind one `base_url_key`. */
export interface ProviderEndpoint {
  /** With the version: `https://openrouter.ai/api/v1`. */
  readonly baseUrl: string;
  /** Null where the endpoint asks for none. */
  readonly apiKey: string | null;
}

/** What OpenAI-compatible endpoints do not agree on. */
export interface Dialect {
  /** Their name for the limit of the answer. */
  readonly limit: "max_tokens" | "max_completion_tokens";
  /** Whether models go by their catalogue id or by what follows the provider's name in it. */
  readonly slug: "whole" | "bare";
  readonly isOpenRouter?: boolean;
}

const DIALECTS: Readonly<Record<string, Dialect>> = {
  openrouter: { limit: "max_tokens", slug: "whole", isOpenRouter: true },
  openai: { limit: "max_completion_tokens", slug: "bare" },
  groq: { limit: "max_completion_tokens", slug: "bare" },
  cerebras: { limit: "max_completion_tokens", slug: "bare" },
  local: { limit: "max_tokens", slug: "whole" },
  compatible: { limit: "max_tokens", slug: "bare" },
};

const DEFAULT_DIALECT: Dialect = { limit: "max_tokens", slug: "bare" };

/** How the endpoint behind a `base_url_key` is spoken to. */
export function dialectOf(baseUrlKey: string): Dialect {
  return DIALECTS[baseUrlKey] ?? DEFAULT_DIALECT;
}

/** A model's name at its endpoint. */
export function slugOf(modelId: string, baseUrlKey: string): string {
  const prefix = `${baseUrlKey}/`;
  return dialectOf(baseUrlKey).slug === "bare" && modelId.startsWith(prefix)
    ? modelId.slice(prefix.length)
    : modelId;
}

/** How {@link createProviderClient} behaves. */
export interface ProviderClientOptions {
  readonly fetch?: typeof globalThis.fetch;
}

/** A client of one endpoint. Every call is made once. */
export function createProviderClient(
  endpoint: ProviderEndpoint,
  options: ProviderClientOptions = {},
): OpenAI {
  return new OpenAI({
    baseURL: endpoint.baseUrl,
    // The SDK insists on one; endpoints without keys ignore it.
    apiKey: endpoint.apiKey ?? "none",
    maxRetries: 0,
    logLevel: "off",
    // Otherwise read from the environment and sent to whichever endpoint this is.
    organization: null,
    project: null,
    fetch: sendOnce(options.fetch ?? globalThis.fetch),
  });
}

/**
 * Deno (2.9, not 2.1) sends a request again by itself when a reused connection breaks before the
 * answer, and the call may be billed twice. It cannot repeat a body that is a Blob, whose length is
 * known all the same.
 */
function sendOnce(fetch: typeof globalThis.fetch): typeof globalThis.fetch {
  return (input, init) =>
    fetch(input, typeof init?.body === "string" ? { ...init, body: new Blob([init.body]) } : init);
}
