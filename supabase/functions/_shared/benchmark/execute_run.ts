import { MAX_OUTPUT_CHARACTERS, storableText } from "../models/answers/parse_output.ts";
import {
  callWithRetries,
  describeUnsent,
  type RetryDeps,
} from "../models/calls/call_with_retries.ts";
import {
  changeRequest,
  isForLackOfCredit,
  type RequestChange,
} from "../models/calls/change_request.ts";
import type {
  Answer,
  CompletionOutcome,
  CompletionRequest,
  ModelProvider,
  Rejection,
  RejectionReason,
  Served,
  TransientFailure,
} from "../models/calls/model_call.ts";
import { addCost, cutByLimit, endedAtLimit } from "../models/calls/token_limit.ts";
import type { SchemaRegime } from "../models/schemas/fit_schema.ts";
import type { JobContext } from "../platform/jobs/run_worker.ts";
import type {
  AskedColumns,
  BenchmarkRunJob,
  NoAnswer,
  NoResult,
  RunResult,
  ServedColumns,
  UnsentRun,
} from "./run_result.ts";
import { type AnswerKey, scoreNothing, scoreText } from "./score_answer.ts";

/** What a run is made with. */
export interface ExecuteRunDeps extends RetryDeps {
  readonly provider: ModelProvider;
}

/** One run, ready to be made. */
export interface PreparedRun extends AnswerKey {
  readonly request: CompletionRequest;
  /** Enforcement of the schema that the request asks the provider for. */
  readonly regime: SchemaRegime;
  /**
   * Tokens for a second call, where the request's limit ends the first; null where that is the
   * model's own. Default: twice as many.
   */
  readonly raisedLimit?: number | null;
  /** Reads the image as a `data:` URL, for a provider that could not read it by its address. */
  readonly readImage?: () => Promise<string | null>;
  /** Lets other runs of the model be asked without the schema that its provider refused. */
  readonly noteRefusedSchema?: () => void;
  /** Gives the image's memory back. */
  readonly release: () => void;
}

/**
 * Makes one run: call → parse → compare.
 *
 * An answer that is no JSON, a refusal and a text that the model's own limit cut off are results in
 * which everything is missing, and so is the rejection of what the model cannot take, or models
 * would look better for the images they do not read. What is refused because of our account, image
 * address, schema or parameters says nothing about the model: such a request is changed and sent
 * once more if the refusal cost nothing (see {@link changeRequest}), and a run that is refused
 * again fails without a score. An answer that our limit of tokens ended is asked for once more with
 * a higher one; if that does not do either, the run fails without a score. A failure that cost
 * nothing is repeated in place where the wait is short; any other goes back to the queue. After the
 * last try a model that never answered in the time it has, or wrote nothing, has a result too, with
 * everything missing; a provider that was down or overloaded has none, and the run fails without a
 * word about the model. An account that the provider refuses is told to the queue, which has the
 * run wait.
 */
export async function executeRun(
  job: BenchmarkRunJob,
  run: PreparedRun,
  deps: ExecuteRunDeps,
  context: JobContext,
): Promise<RunResult | UnsentRun> {
  const asking = createAsking(run, deps.provider, context);
  const call = await callWithRetries(
    {
      job,
      timeoutMs: run.request.timeoutMs,
      probe: (signal) => deps.provider.probe(run.request.model.base_url_key, signal),
      send: asking.send,
    },
    deps,
    context,
  );
  if (call.end === "unreachable") {
    const { job_id, attempt } = job;
    return { job_id, attempt, ...describeUnsent(call.failure) };
  }
  const about = {
    job_id: job.job_id,
    attempt: job.attempt,
    ...asking.describe(),
    ...toColumns((call.end === "settled" ? call.outcome : call.failure).served),
  };
  if (call.end === "settled") return { ...about, ...settle(call.outcome, run) };
  const { failure } = call;
  const failed = { ...about, failure: failure.reason };
  if (call.end === "postponed") {
    return { ...failed, ...fail(failure), outcome: "retry", run_at_ms: call.runAtMs };
  }
  const fault = blameModel(failure, call.hadFullTime);
  return {
    ...failed,
    ...fault === null ? fail(failure) : scoreSilence(failure, fault, run, call.waitedMs),
  };
}

interface Asking {
  readonly send: (timeoutMs: number) => Promise<CompletionOutcome>;
  /** Describes the request that was sent last. */
  readonly describe: () => AskedColumns;
}

/**
 * Sends a run's request, once changed if the provider refuses it for a reason of ours, and once
 * with a higher limit if ours ended the answer. The run's reservation covers both calls
 * (`estimateRunCost`), and its cost is that of both.
 */
function createAsking(run: PreparedRun, provider: ModelProvider, context: JobContext): Asking {
  let { request, raisedLimit = 2 * run.request.maxOutputTokens } = run;
  let isOurLimit = raisedLimit !== null;
  let change: RequestChange | null = null;
  let refusal: Rejection | null = null;
  /** Cost in USD of the call that our limit ended; 0 if there was none, null if unknown. */
  let spent: number | null = 0;

  const send = async (timeoutMs: number): Promise<CompletionOutcome> => {
    const reply = await provider.complete({ ...request, timeoutMs }, context.signal);
    const outcome = addCost(reply, spent);
    const mayChange = change === null || change === "higher_limit";
    if (reply.kind === "rejected" && mayChange && !context.signal.aborted) {
      let changed;
      try {
        changed = await changeRequest(request, reply, run.readImage ?? null);
      } catch {
        // Storage is away for a moment.
        return {
          kind: "transient",
          // Ours and not the provider's: no sign of an outage there.
          reason: "aborted",
          message: "The image could not be read from Storage.",
          retryAfterMs: null,
          charge: "none",
          cost: null,
        };
      }
      if (changed === null) return outcome;
      ({ request, change } = changed);
      refusal = reply;
      // What the provider allows at most is the model's own limit.
      if (change === "lower_limit") {
        isOurLimit = false;
        raisedLimit = null;
      }
      if (change === "schema_in_prompt") run.noteRefusedSchema?.();
      return await again(timeoutMs);
    }
    if (
      outcome.kind === "answer" && outcome.ending === "length" && refusal !== null &&
      change === "lower_limit" && isForLackOfCredit(refusal)
    ) {
      // Our credit cut the answer off: no other model has to do with so few tokens.
      return { ...refusal, charge: "unknown", cost: outcome.cost };
    }
    const limit = request.maxOutputTokens;
    if (outcome.kind !== "answer" || !isOurLimit || !endedAtLimit(outcome, limit)) return outcome;
    if (raisedLimit === null) return cutByLimit(outcome, limit);
    // Where the model goes no further, the limit of the second call is its own.
    isOurLimit = raisedLimit === 2 * limit;
    spent = outcome.cost;
    request = { ...request, maxOutputTokens: raisedLimit };
    change = "higher_limit";
    raisedLimit = null;
    return await again(timeoutMs);
  };

  /**
   * Sends the changed request, in what time is left: a timeout in less than asked for is not the
   * model's.
   */
  const again = async (timeoutMs: number): Promise<CompletionOutcome> => {
    const leftMs = Math.max(1, context.timeLeftMs());
    const outcome = await send(Math.min(timeoutMs, leftMs));
    return leftMs < timeoutMs && outcome.kind === "transient" && outcome.reason === "timeout"
      ? { ...outcome, reason: "aborted" }
      : outcome;
  };

  return {
    send,
    describe: () => ({
      schema_regime: request.structuredOutput === null ? "prompt" : run.regime,
      request_change: change,
    }),
  };
}

/** A result without the job it belongs to. */
type ResultBody<Result = RunResult> = Result extends unknown ? Omit<Result, "job_id" | "attempt">
  : never;

function settle(
  outcome: Exclude<CompletionOutcome, { readonly kind: "transient" }>,
  run: PreparedRun,
): ResultBody {
  if (outcome.kind === "answer") return scoreAnswer(outcome, run);
  const error_message = storableText(outcome.message);
  if (outcome.kind === "fatal") {
    const retry_at_ms = outcome.retryAtMs;
    return {
      outcome: "fatal",
      error_message,
      error_kind: "no_access",
      charge: "none",
      retry_at_ms,
    };
  }
  const blame = BLAMES[outcome.reason];
  if ("noAnswer" in blame) {
    // An error is written faster than any answer: its time would flatter the model.
    return scoreSilence(outcome, blame.noAnswer, run, null);
  }
  return {
    outcome: "failed",
    error_message: blame.note === undefined ? error_message : `${blame.note} ${error_message}`,
    error_kind: blame.noResult,
    charge: outcome.charge,
    actual_cost: outcome.cost,
  };
}

type Blame =
  | { readonly noAnswer: NoAnswer }
  | { readonly noResult: NoResult; readonly note?: string };

/**
 * Consequence of each rejection. `noAnswer` counts against the model. With `noResult` the run does
 * not count.
 * `note` tells the reader what the provider's message does not say.
 */
const BLAMES: Readonly<Record<RejectionReason, Blame>> = {
  filtered: { noAnswer: "filtered" },
  unfit: { noAnswer: "rejected" },
  unavailable: { noResult: "unavailable" },
  schema_refused: {
    noResult: "schema_refused",
    note: "The provider does not take the report's schema; the run says nothing about the model.",
  },
  parameter_refused: {
    noResult: "parameter_refused",
    note: "The provider refused a parameter of ours; the run says nothing about the model.",
  },
  cut_by_limit: { noResult: "cut_by_limit" },
  image_unreadable: {
    noResult: "image_unreadable",
    note: "The provider could not read the image from us; the run says nothing about the model.",
  },
};

function toColumns(served: Served | null | undefined): ServedColumns {
  if (served == null) return {};
  return {
    served_model: served.model,
    served_provider: served.provider,
    provider_request_id: served.requestId,
    served_other: served.isOther,
  };
}

function fail(failure: TransientFailure): ResultBody & { readonly outcome: "failed" } {
  const error_kind: NoResult = failure.reason === "aborted" ? "fault" : "outage";
  return {
    outcome: "failed",
    error_message: storableText(failure.message),
    error_kind,
    charge: failure.charge,
    actual_cost: failure.cost,
  };
}

/** What the model itself did, where it is to blame; a worker in a hurry says nothing about it. */
function blameModel({ reason }: TransientFailure, hadFullTime: boolean): NoAnswer | null {
  if (reason === "timeout" && hadFullTime) return "timeout";
  return reason === "empty" ? "empty" : null;
}

/** The result of a model that gave nothing, and will give nothing however often it is asked. */
function scoreSilence(
  failure: TransientFailure | Rejection,
  error_kind: NoAnswer,
  run: PreparedRun,
  waitedMs: number | null,
): ResultBody {
  return {
    outcome: "complete",
    raw_output: "",
    ...scoreNothing(error_kind, failure.message, run),
    response_time_ms: waitedMs === null ? null : Math.round(waitedMs),
    input_tokens: null,
    output_tokens: null,
    cached_tokens: null,
    reasoning_tokens: null,
    actual_cost: failure.cost,
    charge: failure.charge,
  };
}

function scoreAnswer(answer: Answer, run: PreparedRun): ResultBody {
  const fault = faultIn(answer);
  return {
    outcome: "complete",
    raw_output: storableText(answer.text.slice(0, MAX_OUTPUT_CHARACTERS)),
    // What was refused or broken off may hold JSON, but not the answer.
    ...fault === null
      ? scoreText(answer.text, run)
      : scoreNothing(fault, noteOn(fault, answer), run),
    response_time_ms: answer.responseTimeMs,
    input_tokens: answer.usage?.inputTokens ?? null,
    output_tokens: answer.usage?.outputTokens ?? null,
    cached_tokens: answer.usage?.cachedTokens ?? null,
    reasoning_tokens: answer.usage?.reasoningTokens ?? null,
    actual_cost: answer.cost,
  };
}

const NOTES = {
  refusal: "The model refused to answer.",
  filtered: "The provider withheld the answer.",
  cut_off: "The answer was cut off at the model's own limit of tokens.",
} as const;

function noteOn(fault: keyof typeof NOTES, { text, usage }: Answer): string {
  const isThought = fault === "cut_off" && text === "" && (usage?.outputTokens ?? 0) > 0;
  return isThought
    ? `All ${usage?.outputTokens} tokens of the model's own limit were spent on thinking before the answer.`
    : NOTES[fault];
}

function faultIn({ ending }: Answer): keyof typeof NOTES | null {
  if (ending === "stop") return null;
  return ending === "length" ? "cut_off" : ending;
}
