import {
  changeRequest,
  isForLackOfCredit,
  type RequestChange,
} from "../models/calls/change_request.ts";
import type {
  CompletionOutcome,
  CompletionRequest,
  ModelProvider,
  Rejection,
} from "../models/calls/model_call.ts";
import { addCost, cutByLimit, endedAtLimit } from "../models/calls/token_limit.ts";
import type { SchemaRegime } from "../models/schemas/fit_schema.ts";
import type { JobContext } from "../platform/jobs/run_worker.ts";
import type { AskedColumns } from "./run_result.ts";

/** A run's request, and what may be changed about it. */
export interface RunRequest {
  readonly request: CompletionRequest;
  /** Enforcement of the schema that the request asks the provider for. */
  readonly regime: SchemaRegime;
  /**
   * Token limit of a second call if the request's limit ends the first. Null if that is the model's
   * own limit. Default: twice the request's limit.
   */
  readonly raisedLimit?: number | null;
  /** Reads the image as a `data:` URL, for a provider that could not read it by its address. */
  readonly readImage?: () => Promise<string | null>;
  /** Has later runs of the model sent without the schema, which its provider refused. */
  readonly noteRefusedSchema?: () => void;
}

/**
 * Prepares to send a run's request. It is changed and sent once more if the provider refuses it for
 * a reason of ours (see {@link changeRequest}), and once more with a higher limit if ours ended the
 * answer. The run's reservation covers both calls (`estimateRunCost`), and the outcome has the cost
 * of both.
 */
export function createAsking(run: RunRequest, provider: ModelProvider, context: JobContext) {
  let { request, raisedLimit = 2 * run.request.maxOutputTokens } = run;
  let isOurLimit = raisedLimit !== null;
  let change: RequestChange | null = null;
  let refusal: Rejection | null = null;
  /** Cost in USD of the call that our limit ended; 0 if there was none, null if unknown. */
  let spent: number | null = 0;

  /** Sends the request, and a changed one at once if a change of ours may help. */
  const send = async (timeoutMs: number): Promise<CompletionOutcome> => {
    const reply = await provider.complete({ ...request, timeoutMs }, context.signal);
    const outcome = addCost(reply, spent);
    const mayChange = change === null || change === "higher_limit";
    if (reply.kind === "rejected" && mayChange && !context.signal.aborted) {
      let changed;
      try {
        changed = await changeRequest(request, reply, run.readImage ?? null);
      } catch {
        return STORAGE_FAILED;
      }
      if (changed === null) return outcome;
      ({ request, change } = changed);
      refusal = reply;
      // The most that the provider allows is the model's own limit.
      if (change === "lower_limit") {
        isOurLimit = false;
        raisedLimit = null;
      }
      if (change === "schema_in_prompt") run.noteRefusedSchema?.();
      return await sendAgain(timeoutMs);
    }
    if (
      outcome.kind === "answer" && outcome.ending === "length" && refusal !== null &&
      change === "lower_limit" && isForLackOfCredit(refusal)
    ) {
      // Our lack of credit cut the answer off. Other models do not get so few tokens.
      return { ...refusal, charge: "unknown", cost: outcome.cost };
    }
    const limit = request.maxOutputTokens;
    if (outcome.kind !== "answer" || !isOurLimit || !endedAtLimit(outcome, limit)) return outcome;
    if (raisedLimit === null) return cutByLimit(outcome, limit);
    // A limit below twice the first is the model's own.
    isOurLimit = raisedLimit === 2 * limit;
    spent = outcome.cost;
    request = { ...request, maxOutputTokens: raisedLimit };
    change = "higher_limit";
    raisedLimit = null;
    return await sendAgain(timeoutMs);
  };

  /**
   * Sends the changed request in the time that is left. A timeout in less than the requested time
   * is not the model's.
   */
  const sendAgain = async (timeoutMs: number): Promise<CompletionOutcome> => {
    const leftMs = Math.max(1, context.timeLeftMs());
    const outcome = await send(Math.min(timeoutMs, leftMs));
    return leftMs < timeoutMs && outcome.kind === "transient" && outcome.reason === "timeout"
      ? { ...outcome, reason: "aborted" }
      : outcome;
  };

  return {
    send,
    /** Returns the form of the request that was sent last. */
    describe: (): AskedColumns => ({
      schema_regime: request.structuredOutput === null ? "prompt" : run.regime,
      request_change: change,
    }),
  };
}

/**
 * Storage did not deliver the image. `aborted`, since it is no sign of an outage of the provider.
 */
const STORAGE_FAILED: CompletionOutcome = {
  kind: "transient",
  reason: "aborted",
  message: "The image could not be read from Storage.",
  retryAfterMs: null,
  charge: "none",
  cost: null,
};
