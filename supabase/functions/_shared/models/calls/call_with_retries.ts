import { type Clock, pause } from "../../platform/clock.ts";
import {
  decideRetry,
  type JobTries,
  type LeasedJob,
  type RetryPolicy,
  withTries,
} from "../../platform/jobs/retry_policy.ts";
import type { JobContext } from "../../platform/jobs/run_worker.ts";
import { storableText } from "../answers/parse_output.ts";
import type { Answer, Charge, CompletionOutcome, TransientFailure } from "./model_call.ts";

/** Dependencies of {@link callWithRetries}. */
export interface RetryDeps {
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  /** Returns a number from 0 up to 1. */
  readonly random: () => number;
}

/** A call that may be made several times. */
export interface RetriedCall {
  readonly job: LeasedJob;
  /** Milliseconds that one try may take. */
  readonly timeoutMs: number;
  /** Checks free of charge that the provider answers. Returns the failure if it does not. */
  readonly probe: (signal: AbortSignal) => Promise<TransientFailure | null>;
  /** Makes one try. */
  readonly send: (timeoutMs: number) => Promise<CompletionOutcome>;
}

/**
 * End of a call:
 * - `settled`: it has an outcome that no further try would change.
 * - `postponed`: it goes back to the queue.
 * - `given_up`: it had no answer in its last try.
 * - `unreachable`: it was not made, since the provider cannot be reached.
 */
export type CallEnd =
  | {
    readonly end: "settled";
    readonly outcome: Exclude<CompletionOutcome, { readonly kind: "transient" }>;
  }
  | {
    readonly end: "postponed";
    readonly failure: TransientFailure;
    /** Milliseconds from now. */
    readonly runAtMs: number;
  }
  | {
    readonly end: "given_up";
    readonly failure: TransientFailure;
    /** Milliseconds that the last try took. */
    readonly waitedMs: number;
    /** True if the last try had the whole `timeoutMs`. */
    readonly hadFullTime: boolean;
  }
  | { readonly end: "unreachable"; readonly failure: TransientFailure };

/**
 * Result to report to the queue for a call that was not made, since its provider cannot be reached.
 */
export interface UnsentCall {
  /** Returns the job as if it had never started. */
  readonly outcome: "release";
  /** Marks the whole provider as down. */
  readonly failure: "network";
  readonly error_message: string;
}

/** Returns the result to report to the queue for a provider that cannot be reached. */
export function describeUnsent({ message }: TransientFailure): UnsentCall {
  return { outcome: "release", failure: "network", error_message: storableText(message) };
}

/** Result to report to the queue for a call that was made and brought no answer. */
export type FailedCall =
  & {
    readonly error_message: string;
    readonly charge: Charge;
    /** USD; null if unknown. */
    readonly actual_cost: number | null;
    /** Reason why the provider gave no answer. The queue detects outages by it. */
    readonly failure?: TransientFailure["reason"];
  }
  & (
    | {
      readonly outcome: "failed" | "fatal";
      /**
       * Time of the next allowed call to the provider, in milliseconds since 1970. Set only if the
       * outcome is `fatal`. Null if the provider names no time.
       */
      readonly retry_at_ms?: number | null;
    }
    | {
      readonly outcome: "retry";
      /** Milliseconds from now. */
      readonly run_at_ms: number;
    }
  );

/** Returns the answer of a call, or the result to report to the queue for a call without one. */
export function concludeCall(call: CallEnd): Answer | FailedCall | UnsentCall {
  if (call.end === "unreachable") return describeUnsent(call.failure);
  const ended = call.end === "settled" ? call.outcome : call.failure;
  if (ended.kind === "answer") return ended;
  const error_message = storableText(ended.message);
  if (ended.kind === "fatal") {
    const { retryAtMs: retry_at_ms } = ended;
    return { outcome: "fatal", error_message, charge: "none", actual_cost: null, retry_at_ms };
  }
  const failed = { error_message, charge: ended.charge, actual_cost: ended.cost };
  if (ended.kind !== "transient") return { ...failed, outcome: "failed" };
  const { reason: failure } = ended;
  return call.end === "postponed"
    ? { ...failed, failure, outcome: "retry", run_at_ms: call.runAtMs }
    : { ...failed, failure, outcome: "failed" };
}

/**
 * Makes a call, and decides after each failure whether to try again. It tries again in place if the
 * failure cost nothing and the wait is short. Other failures go back to the queue while the policy
 * has tries left.
 *
 * During an outage the call is only made if the provider answers a free request; see `is_probe`.
 */
export async function callWithRetries(
  call: RetriedCall,
  { clock, retry, random }: RetryDeps,
  context: JobContext,
): Promise<CallEnd> {
  if (call.job.is_probe === true) {
    const failure = await call.probe(context.signal);
    if (failure !== null) return { end: "unreachable", failure };
  }
  const job = withTries(call.job);
  for (let tries = 1;; tries++) {
    // No longer than the worker lives: the try would be aborted then anyway.
    const timeoutMs = Math.min(call.timeoutMs, Math.max(1, context.timeLeftMs()));
    const startedAt = clock.now();
    const outcome = await call.send(timeoutMs);
    if (outcome.kind !== "transient") return { end: "settled", outcome };
    const waitedMs = clock.now() - startedAt;

    const decision = decideRetry(
      {
        charge: outcome.charge,
        retryAfterMs: outcome.retryAfterMs,
        tries,
        jobTries: job.tries,
        maxJobTries: limitTries(job, outcome),
        // A try that the worker's end cuts short could be billed for nothing.
        timeLeftMs: context.timeLeftMs() - call.timeoutMs,
      },
      retry,
      random(),
    );
    if (decision.action === "wait") {
      await pause(clock, decision.ms, context.signal);
      if (!context.signal.aborted) continue;
    }
    if (decision.action === "give_up") {
      const hadFullTime = timeoutMs === call.timeoutMs;
      return { end: "given_up", failure: outcome, waitedMs, hadFullTime };
    }
    // The end of the worker cut a wait short: the rest of it still holds.
    const runAtMs = decision.action === "requeue" ? decision.runAtMs : decision.ms;
    return { end: "postponed", failure: outcome, runAtMs };
  }
}

/** Failures of the provider or of the connection to it, which say nothing about the model. */
const PROVIDER_FAULTS: ReadonlySet<TransientFailure["reason"]> = new Set([
  "busy",
  "server",
  "network",
]);

/**
 * Tries of a call that was paid and broke off, or whose error names no cause and may have been
 * billed. A third try would likely be paid for nothing.
 */
const MOST_PAID_TRIES = 2;

/**
 * Returns the number of tries that a job has after this failure. An outage must not use up the few
 * tries for a model's own failures, unless each try is known to be paid.
 */
function limitTries(
  job: JobTries,
  { charge, cost, reason, isUnexplained = false }: TransientFailure,
): number {
  if (isUnexplained || cost !== null && cost > 0) {
    return Math.min(MOST_PAID_TRIES, job.max_costly_tries);
  }
  return charge === "none" || PROVIDER_FAULTS.has(reason) ? job.max_tries : job.max_costly_tries;
}
