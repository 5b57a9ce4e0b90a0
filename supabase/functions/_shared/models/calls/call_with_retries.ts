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
import type { CompletionOutcome, TransientFailure } from "./model_call.ts";

/** What tries are repeated with. */
export interface RetryDeps {
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  /** From 0 up to 1. */
  readonly random: () => number;
}

/** A call that may be made several times. */
export interface RetriedCall {
  readonly job: LeasedJob;
  /** The longest that one try may take. */
  readonly timeoutMs: number;
  /** Looks, free of charge, whether the provider answers. Returns the failure if it does not. */
  readonly probe: (signal: AbortSignal) => Promise<TransientFailure | null>;
  /** Makes one try. */
  readonly send: (timeoutMs: number) => Promise<CompletionOutcome>;
}

/**
 * How it ended: for good, for now, without an answer after the last try, or before the first because
 * the provider could not be reached.
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
    readonly waitedMs: number;
    /** Whether the last try had all of its time. */
    readonly hadFullTime: boolean;
  }
  | { readonly end: "unreachable"; readonly failure: TransientFailure };

/** What the queue is told of a call that was not made because its provider could not be reached. */
export interface UnsentCall {
  /** The job goes back as if it had never started. */
  readonly outcome: "release";
  /** Its provider as a whole is down. */
  readonly failure: "network";
  readonly error_message: string;
}

/** Returns what the queue is told of a provider that could not be reached. */
export function describeUnsent({ message }: TransientFailure): UnsentCall {
  return { outcome: "release", failure: "network", error_message: storableText(message) };
}

/**
 * Makes a call, again in place where a failure cost nothing and the wait is short. Any other failure
 * goes back to the queue while the policy has tries left.
 *
 * During an outage the call is only made if the provider answers a free request: see `is_probe`.
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
    // What would be aborted at the end anyway is given no more time than there is.
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
        // A try that the worker's end would cut short could be billed for nothing.
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
    // A wait broken off by the end of the worker is still owed.
    const runAtMs = decision.action === "requeue" ? decision.runAtMs : decision.ms;
    return { end: "postponed", failure: outcome, runAtMs };
  }
}

/** Failures that say nothing about the model: the provider, or the way there, is at fault. */
const PROVIDER_FAULTS: ReadonlySet<TransientFailure["reason"]> = new Set([
  "busy",
  "server",
  "network",
]);

/**
 * Tries of a call that was paid and broke off, or whose error tells nothing of its cause and may have
 * been billed: a third would be paid for no better reason.
 */
const MOST_PAID_TRIES = 2;

/**
 * Returns the number of tries that a job has after this failure. An outage must not use up the few
 * that a model's own failures have, unless each try is known to be paid.
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
