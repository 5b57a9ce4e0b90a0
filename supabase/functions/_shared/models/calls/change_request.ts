import type { CompletionRequest, Rejection } from "./model_provider.ts";

/**
 * Change to a request after the provider refused it or our token limit cut its answer off:
 * - `schema_in_prompt`: only the prompt states the schema, and the provider does not enforce it.
 * - `lower_limit`: the token limit is the highest that the provider allows.
 * - `higher_limit`: the token limit is raised.
 * - `renamed_limit`: the token limit is sent under its other parameter name.
 * - `image_as_bytes`: the image is sent as a `data:` URL.
 */
export type RequestChange =
  | "schema_in_prompt"
  | "lower_limit"
  | "higher_limit"
  | "renamed_limit"
  | "image_as_bytes";

/** A request that may be taken where another was refused. */
export interface ChangedRequest {
  readonly change: RequestChange;
  readonly request: CompletionRequest;
}

/** Fewer tokens are no answer. */
const FEWEST_TOKENS = 64;

const LIMITS = ["max_tokens", "max_completion_tokens"] as const;

/**
 * Returns a refused request as the provider may take it; null where nothing of ours is in the way, or
 * the refusal may have cost money.
 *
 * @param readImage reads the request's image as a `data:` URL; null where that cannot be done.
 */
export async function changeRequest(
  request: CompletionRequest,
  rejection: Rejection,
  readImage: (() => Promise<string | null>) | null,
): Promise<ChangedRequest | null> {
  if (rejection.charge !== "none") return null;
  switch (rejection.reason) {
    case "schema_refused":
      return withoutSchema(request);
    case "parameter_refused":
      return changeParameter(request, rejection);
    case "image_unreadable": {
      if (readImage === null || request.imageUrl.startsWith("data:")) return null;
      const imageUrl = await readImage();
      return imageUrl === null
        ? null
        : { change: "image_as_bytes", request: { ...request, imageUrl } };
    }
    default:
      return null;
  }
}

function withoutSchema(request: CompletionRequest): ChangedRequest | null {
  return request.structuredOutput === null
    ? null
    : { change: "schema_in_prompt", request: { ...request, structuredOutput: null } };
}

function changeParameter(
  request: CompletionRequest,
  { refused }: Rejection,
): ChangedRequest | null {
  const { name, atMost, instead } = refused ?? { name: null, atMost: null, instead: null };
  if (name === "response_format") return withoutSchema(request);
  if (!LIMITS.some((limit) => limit === name)) return null;
  const limitName = LIMITS.find((limit) => limit === instead);
  if (limitName !== undefined && limitName !== name) {
    return { change: "renamed_limit", request: { ...request, limitName } };
  }
  return atMost !== null && atMost >= FEWEST_TOKENS && atMost < request.maxOutputTokens
    ? {
      change: "lower_limit",
      request: { ...request, maxOutputTokens: Math.floor(atMost) },
    }
    : null;
}

/**
 * Tells whether a token limit was refused because our account lacks credit. Otherwise the limit
 * that the provider allows is the model's own.
 */
export function isForLackOfCredit({ message }: Rejection): boolean {
  return /\b(afford|credits?)\b/i.test(message);
}
