import type { JobContext } from "../../platform/jobs/run_worker.ts";
import { changeTextRequest } from "./change_request.ts";
import type { TextModels, TextReply, TextRequest } from "./model_call.ts";
import { addCost, cutByLimit, endedAtLimit } from "./token_limit.ts";

/**
 * Makes a call, and a second one with a higher limit if our limit ended the answer; the call's
 * reservation covers both. An answer that the raised limit ends too becomes a rejection
 * (`cut_by_limit`). Each of the two is made once more at once if the provider refuses it; see
 * {@link changeTextRequest}.
 *
 * @param raisedLimit tokens of the second call; null if the limit is the caller's own.
 */
export async function askTextModel(
  models: TextModels,
  request: TextRequest,
  raisedLimit: number | null,
  context: Pick<JobContext, "signal" | "timeLeftMs">,
): Promise<TextReply> {
  const reply = await askOnceChanged(models, request, context.signal);
  const { outcome } = reply;
  if (
    raisedLimit === null || outcome.kind !== "answer" ||
    !endedAtLimit(outcome, request.parameters.max_tokens)
  ) return reply;
  const second = await askOnceChanged(models, {
    ...request,
    parameters: { ...request.parameters, max_tokens: raisedLimit },
    timeoutMs: Math.min(request.timeoutMs, Math.max(1, context.timeLeftMs())),
  }, context.signal);
  const last = addCost(second.outcome, outcome.cost);
  const isCut = last.kind === "answer" && endedAtLimit(last, raisedLimit);
  return { ...second, outcome: isCut ? cutByLimit(last, raisedLimit) : last };
}

/**
 * Makes one call, and another one at once if the provider refused it and would take a changed one.
 */
async function askOnceChanged(
  models: TextModels,
  request: TextRequest,
  signal: AbortSignal,
): Promise<TextReply> {
  const reply = await models.complete(request, signal);
  if (reply.outcome.kind !== "rejected" || signal.aborted) return reply;
  const changed = changeTextRequest(request, reply.outcome);
  return changed === null ? reply : await models.complete(changed, signal);
}
