import type { Rejection } from "./model_provider.ts";
import type { TextParameters } from "./parameters.ts";
import type { TextModels, TextReply, TextRequest } from "./text_model.ts";

/** Fewer tokens are no answer. */
const FEWEST_TOKENS = 16;

/**
 * Makes one call, and another one at once where the provider refused a parameter or the schema and that
 * cost nothing: without what it refused, or with the limit that it allows.
 */
export async function askOnceChanged(
  models: TextModels,
  request: TextRequest,
  signal: AbortSignal,
): Promise<TextReply> {
  const reply = await models.complete(request, signal);
  if (reply.outcome.kind !== "rejected" || signal.aborted) return reply;
  const changed = changeTextRequest(request, reply.outcome);
  return changed === null ? reply : await models.complete(changed, signal);
}

/** Returns a refused request as the provider may take it; null where nothing of ours is in the way. */
export function changeTextRequest(request: TextRequest, rejection: Rejection): TextRequest | null {
  if (rejection.charge !== "none") return null;
  const { reason, refused } = rejection;
  const isSchema = reason === "schema_refused" || refused?.name === "response_format";
  if (isSchema) {
    return request.structuredOutput == null ? null : { ...request, structuredOutput: null };
  }
  if (reason !== "parameter_refused") return null;
  const { name, atMost, instead } = refused ?? { name: null, atMost: null, instead: null };
  const { parameters } = request;
  if (name === "max_tokens" || name === "max_completion_tokens") {
    if ((instead === "max_tokens" || instead === "max_completion_tokens") && instead !== name) {
      return { ...request, limitName: instead };
    }
    return atMost === null || atMost < FEWEST_TOKENS || atMost >= parameters.max_tokens
      ? null
      : { ...request, parameters: { ...parameters, max_tokens: Math.floor(atMost) } };
  }
  const kept = withoutParameter(parameters, name);
  return kept === null ? null : { ...request, parameters: kept };
}

/** Leaves one of them out, or all but the limit where it is not said which; null where none is there. */
function withoutParameter(parameters: TextParameters, name: string | null): TextParameters | null {
  const { max_tokens, ...others } = parameters;
  const own = name === "random_seed" ? "seed" : name;
  const kept = Object.entries(others).filter(([key]) => own !== null && key !== own);
  return kept.length === Object.keys(others).length
    ? null
    : { ...Object.fromEntries(kept), max_tokens };
}
