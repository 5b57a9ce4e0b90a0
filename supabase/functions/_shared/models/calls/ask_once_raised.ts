import type { JobContext } from "../../platform/jobs/run_worker.ts";
import { askOnceChanged } from "./ask_once_changed.ts";
import { addCost, cutByLimit, endedAtLimit } from "./raise_limit.ts";
import type { TextModels, TextReply, TextRequest } from "./text_model.ts";

/**
 * Makes a call, and where our limit ended its answer another one with a higher limit, for which the call's
 * reservation has room; an answer that does not end then either is no result.
 *
 * @param raisedLimit null where the limit is the caller's own.
 */
export async function askOnceRaised(
  models: TextModels,
  request: TextRequest,
  raisedLimit: number | null,
  context: JobContext,
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
