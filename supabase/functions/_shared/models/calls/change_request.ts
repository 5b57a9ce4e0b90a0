import type { CompletionRequest, LimitName, Rejection, TextRequest } from "./model_call.ts";
import type { TextParameters } from "./parameters.ts";

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

/** A request that the provider may take after it refused another. */
export interface ChangedRequest {
  readonly change: RequestChange;
  readonly request: CompletionRequest;
}

/** A limit below this leaves no room for the JSON of an answer. */
const FEWEST_TOKENS = 64;
/** A limit below this leaves no room for an answer in text. */
const FEWEST_TEXT_TOKENS = 16;

/**
 * Returns a refused request about an image as the provider may take it. Returns null if no change
 * of ours can help, or if the refusal may have cost money.
 *
 * @param readImage reads the request's image as a `data:` URL, or returns null if that cannot be
 * done.
 */
export async function changeRequest(
  request: CompletionRequest,
  rejection: Rejection,
  readImage: (() => Promise<string | null>) | null,
): Promise<ChangedRequest | null> {
  if (rejection.charge !== "none") return null;
  if (isAboutSchema(rejection)) {
    return request.structuredOutput === null
      ? null
      : { change: "schema_in_prompt", request: { ...request, structuredOutput: null } };
  }
  if (rejection.reason === "image_unreadable") {
    if (readImage === null || request.imageUrl.startsWith("data:")) return null;
    const imageUrl = await readImage();
    return imageUrl === null
      ? null
      : { change: "image_as_bytes", request: { ...request, imageUrl } };
  }
  const limit = changeLimit(rejection, request.maxOutputTokens, FEWEST_TOKENS);
  if (limit === null) return null;
  return typeof limit === "string"
    ? { change: "renamed_limit", request: { ...request, limitName: limit } }
    : { change: "lower_limit", request: { ...request, maxOutputTokens: limit } };
}

/**
 * Returns a refused text request as the provider may take it: without the schema or parameter that
 * it refused, or with the limit that it allows. Returns null if no change of ours can help, or if
 * the refusal may have cost money.
 */
export function changeTextRequest(request: TextRequest, rejection: Rejection): TextRequest | null {
  if (rejection.charge !== "none") return null;
  if (isAboutSchema(rejection)) {
    return request.structuredOutput == null ? null : { ...request, structuredOutput: null };
  }
  if (rejection.reason !== "parameter_refused") return null;
  const { parameters } = request;
  const name = rejection.refused?.name ?? null;
  if (isLimitName(name)) {
    const limit = changeLimit(rejection, parameters.max_tokens, FEWEST_TEXT_TOKENS);
    if (limit === null) return null;
    return typeof limit === "string"
      ? { ...request, limitName: limit }
      : { ...request, parameters: { ...parameters, max_tokens: limit } };
  }
  const kept = withoutParameter(parameters, name);
  return kept === null ? null : { ...request, parameters: kept };
}

function isAboutSchema({ reason, refused }: Rejection): boolean {
  return reason === "schema_refused" ||
    (reason === "parameter_refused" && refused?.name === "response_format");
}

/**
 * Returns the other name or the lower number of tokens that a refused token limit needs. Returns
 * null if the refusal is about something else, or allows fewer tokens than `fewest`.
 */
function changeLimit(
  { reason, refused }: Rejection,
  limit: number,
  fewest: number,
): LimitName | number | null {
  if (reason !== "parameter_refused" || refused === undefined) return null;
  const { name, atMost, instead } = refused;
  if (!isLimitName(name)) return null;
  if (isLimitName(instead) && instead !== name) return instead;
  return atMost !== null && atMost >= fewest && atMost < limit ? Math.floor(atMost) : null;
}

function isLimitName(name: string | null): name is LimitName {
  return name === "max_tokens" || name === "max_completion_tokens";
}

/**
 * Leaves out the named parameter, or all but the token limit if the provider named none. Returns
 * null if there is nothing to leave out.
 */
function withoutParameter(parameters: TextParameters, name: string | null): TextParameters | null {
  const { max_tokens, ...others } = parameters;
  const own = name === "random_seed" ? "seed" : name;
  const kept = Object.entries(others).filter(([key]) => own !== null && key !== own);
  return kept.length === Object.keys(others).length
    ? null
    : { ...Object.fromEntries(kept), max_tokens };
}

/**
 * Returns true if a token limit was refused because our account lacks credit. Otherwise the limit
 * that the provider allows is the model's own.
 */
export function isForLackOfCredit({ message }: Rejection): boolean {
  return /\b(afford|credits?)\b/i.test(message);
}
