import { MAX_OUTPUT_CHARACTERS, storableText } from "../models/answers/parse_output.ts";
import {
  callWithRetries,
  describeUnsent,
  type RetryDeps,
} from "../models/calls/call_with_retries.ts";
import type {
  Answer,
  CompletionOutcome,
  ModelProvider,
  Rejection,
  RejectionReason,
  Served,
  TransientFailure,
} from "../models/calls/model_call.ts";
import type { CpuMeter } from "../platform/cpu_meter.ts";
import type { JobContext } from "../platform/jobs/run_worker.ts";
import { createAsking, type RunRequest } from "./ask_model.ts";
import type {
  BenchmarkRunJob,
  NoAnswer,
  NoResult,
  RunResult,
  ServedColumns,
  UnsentRun,
} from "./run_result.ts";
import { type AnswerKey, scoreNothing, scoreText } from "./score_answer.ts";

/** Dependencies of {@link executeRun}. */
export interface ExecuteRunDeps extends RetryDeps {
  readonly provider: ModelProvider;
  readonly cpu: Pick<CpuMeter, "measure">;
}

/** One run with everything that it needs. */
export interface PreparedRun extends AnswerKey, RunRequest {
  /** Releases the image's memory. */
  readonly release: () => void;
}

/**
 * Makes one run: call → parse → compare.
 *
 * | outcome of the call | the run |
 * | --- | --- |
 * | an answer | complete, scored |
 * | no JSON, a refusal, or cut off at the model's own limit | complete, every field missing |
 * | rejected: the model cannot take the request, or a filter withheld it | complete, every field missing |
 * | rejected for our account, image address, schema or parameters | failed, no score |
 * | cut off at our limit of tokens, also at the raised one | failed, no score |
 * | a failure that may pass | back to the queue while there are tries left |
 * | no answer in time, or an empty one, in the last try | complete, every field missing |
 * | provider down or overloaded in the last try | failed, no score |
 * | the provider refuses our account | `fatal`: the queue keeps the run until it is resumed |
 *
 * Rejections that concern the model count against it, or models would score better for the images
 * that they do not read. A request that is refused for a reason of ours is changed and sent once
 * more first (see `ask_model.ts`). A failure that cost nothing is tried again in place if the wait
 * is short (see {@link callWithRetries}).
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
  if (call.end === "settled") {
    return { ...about, ...deps.cpu.measure(() => settle(call.outcome, run)) };
  }
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

/** A result without its job. */
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
    // No response time: an error is faster than any answer.
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
 * not count. `note` adds what the provider's message does not say.
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

/** Returns the failure to charge to the model, or null if the worker cut the call short. */
function blameModel({ reason }: TransientFailure, hadFullTime: boolean): NoAnswer | null {
  if (reason === "timeout" && hadFullTime) return "timeout";
  return reason === "empty" ? "empty" : null;
}

/** Returns the result of a model that gave no answer: every field is missing. */
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
    // A refused or cut-off text may hold JSON, but not the answer.
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
