import { type Clock, pause } from "../jobs/clock.ts";
import { decideRetry, type RetryPolicy } from "../jobs/retry_policy.ts";
import type { JobContext } from "../jobs/run_worker.ts";
import { scoreOutput } from "../compare/compare.ts";
import type { JsonValue } from "./json_value.ts";
import { MAX_OUTPUT_CHARACTERS, parseOutput, storableText } from "./parse_output.ts";
import type {
  Answer,
  CompletionOutcome,
  CompletionRequest,
  ModelProvider,
  TransientFailure,
} from "./ports.ts";
import type { BenchmarkRunJob, RunResult } from "./run_result.ts";

/** What a run is made with. */
export interface ExecuteRunDeps {
  readonly provider: ModelProvider;
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** One run, ready to be made. */
export interface PreparedRun {
  readonly request: CompletionRequest;
  /** The right answer. */
  readonly expected: JsonValue;
}

/**
 * Makes one run: call → parse → compare.
 *
 * An answer that is no JSON, a refusal and a cut-off text are results and count as wrong. A failure
 * that cost nothing is repeated in place where the wait is short; any other goes back to the queue
 * or ends the run, and a provider that takes no call at all ends the report.
 */
export async function executeRun(
  job: BenchmarkRunJob,
  run: PreparedRun,
  deps: ExecuteRunDeps,
  context: JobContext,
): Promise<RunResult> {
  const { clock } = deps;
  const about = { job_id: job.job_id, attempt: job.attempt };
  for (let tries = 1;; tries++) {
    // What would be aborted at the end anyway is given no more time than there is.
    const timeoutMs = Math.min(run.request.timeoutMs, Math.max(1, context.timeLeftMs()));
    const outcome = await deps.provider.complete({ ...run.request, timeoutMs }, context.signal);
    if (outcome.kind !== "transient") return { ...about, ...settle(outcome, run.expected) };

    const decision = decideRetry(
      {
        charge: outcome.charge,
        retryAfterMs: outcome.retryAfterMs,
        attempt: job.attempt,
        tries,
        // A try that the worker's end would cut short could be billed for nothing.
        timeLeftMs: context.timeLeftMs() - run.request.timeoutMs,
      },
      deps.retry,
      deps.random(),
    );
    if (decision.action === "wait") {
      await pause(clock, decision.ms, context.signal);
      if (!context.signal.aborted) continue;
    }
    return { ...about, ...postpone(outcome, decision) };
  }
}

/** A result without the job it belongs to. */
type ResultBody<Result = RunResult> = Result extends unknown ? Omit<Result, "job_id" | "attempt">
  : never;

function settle(
  outcome: Exclude<CompletionOutcome, { readonly kind: "transient" }>,
  expected: JsonValue,
): ResultBody {
  if (outcome.kind === "answer") return scoreAnswer(outcome, expected);
  const error_message = storableText(outcome.message);
  if (outcome.kind === "fatal") return { outcome: "fatal", error_message, charge: "none" };
  return {
    outcome: "failed",
    error_message,
    charge: outcome.charge,
    actual_cost: outcome.cost,
  };
}

function postpone(
  failure: TransientFailure,
  decision: ReturnType<typeof decideRetry>,
): ResultBody {
  const told = {
    error_message: storableText(failure.message),
    charge: failure.charge,
    actual_cost: failure.cost,
  };
  if (decision.action === "give_up") return { outcome: "failed", ...told };
  // A wait broken off by the end of the worker is still owed.
  const run_at_ms = decision.action === "requeue" ? decision.runAtMs : decision.ms;
  return { outcome: "retry", ...told, run_at_ms };
}

function scoreAnswer(answer: Answer, expected: JsonValue): ResultBody {
  const parsed = parseOutput(answer.text);
  const score = scoreOutput(expected, parsed.valid ? parsed.value : undefined);
  return {
    outcome: "complete",
    raw_output: storableText(answer.text.slice(0, MAX_OUTPUT_CHARACTERS)),
    output_json: parsed.value,
    is_valid_json: parsed.valid,
    exact_match: score.exactMatch,
    field_accuracy: score.fieldAccuracy,
    field_errors: score.fieldErrors,
    response_time_ms: answer.responseTimeMs,
    input_tokens: answer.usage?.inputTokens ?? null,
    output_tokens: answer.usage?.outputTokens ?? null,
    cached_tokens: answer.usage?.cachedTokens ?? null,
    actual_cost: answer.cost,
    error_message: noteOn(answer, parsed.valid),
  };
}

function noteOn(answer: Answer, isValid: boolean): string | null {
  switch (answer.ending) {
    case "refusal":
      return "The model refused to answer.";
    case "filtered":
      return "The provider withheld the answer.";
    case "length":
      return "The answer was cut off at the token limit.";
    case "stop":
      return isValid ? null : "The answer is no JSON.";
  }
}
