import { type Backoff, backoffMs } from "./backoff.ts";

/** Numbers of tries of a job, made and allowed, as the queue sends them with the lease. */
export interface JobTries {
  /** Number of claims that count, this one included; at least 1. */
  readonly tries: number;
  /** Number of claims after which the job is given up. */
  readonly max_tries: number;
  /** The same limit for claims that may have cost money and failed because of the model itself. */
  readonly max_costly_tries: number;
}

/** A leased job. A database that is older than the code does not count its tries. */
export interface LeasedJob extends Partial<JobTries> {
  /** Number of the lease, from 1. */
  readonly attempt: number;
  /** True if the provider's last calls failed, so that it is asked for its list of models first. */
  readonly is_probe?: boolean;
}

/** Limits of a job whose database names none: those of `private.job_kinds` by default. */
const DEFAULT_LIMITS = { max_tries: 8, max_costly_tries: 3 };

/**
 * Returns a job's tries as the database counts them. If it does not yet, each lease is a try, so
 * that no job is tried without end while functions are deployed before migrations.
 */
export function withTries({ attempt, tries, max_tries, max_costly_tries }: LeasedJob): JobTries {
  return {
    tries: tries ?? attempt,
    max_tries: max_tries ?? DEFAULT_LIMITS.max_tries,
    max_costly_tries: max_costly_tries ?? DEFAULT_LIMITS.max_costly_tries,
  };
}

/** Waits between the tries of a job: within a claim (in place) or between claims (requeue). */
export interface RetryPolicy {
  /** Longest wait in milliseconds that keeps the slot; a longer one requeues the job. */
  readonly slotWaitMs: number;
  /** Largest number of tries within one claim. */
  readonly triesPerClaim: number;
  /** Waits within a claim if the other side names none. */
  readonly inPlace: Backoff;
  /** Waits between claims if the other side names none. */
  readonly requeue: Backoff;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  slotWaitMs: 5_000,
  triesPerClaim: 3,
  inPlace: { baseMs: 500, maxMs: 4_000 },
  requeue: { baseMs: 2_000, maxMs: 60_000 },
};

/** A try that failed and might succeed later. */
export interface FailedTry {
  /** `none`: certainly nothing was spent. `unknown`: the other side may have done and billed the work. */
  readonly charge: "none" | "unknown";
  /** Milliseconds the other side asks to wait, or null. */
  readonly retryAfterMs: number | null;
  /** Tries made within this claim, this one included. */
  readonly tries: number;
  /** Claims of the job that count, this one included. */
  readonly jobTries: number;
  /** Number of such claims after which the job is given up. */
  readonly maxJobTries: number;
  /** Milliseconds until a new try would come too late for this worker. */
  readonly timeLeftMs: number;
}

/** Decision after a failed try: a try in the same slot, a later claim by any worker, or the end. */
export type RetryDecision =
  | { readonly action: "wait"; readonly ms: number }
  | { readonly action: "requeue"; readonly runAtMs: number }
  | { readonly action: "give_up" };

/**
 * Decides what follows a failed try.
 *
 * A try that may have cost money is never repeated in place: the reservation behind it covers one
 * call, so it goes back to the queue, which writes that one off and makes a new one.
 */
export function decideRetry(
  failed: FailedTry,
  policy: RetryPolicy,
  random: number,
): RetryDecision {
  const wait = failed.retryAfterMs ?? backoffMs(failed.tries, policy.inPlace, random);
  if (
    failed.charge === "none" && failed.tries < policy.triesPerClaim &&
    wait <= policy.slotWaitMs && wait < failed.timeLeftMs
  ) {
    return { action: "wait", ms: wait };
  }
  if (failed.jobTries >= failed.maxJobTries) return { action: "give_up" };
  const later = backoffMs(failed.jobTries, policy.requeue, random);
  return { action: "requeue", runAtMs: failed.retryAfterMs ?? later };
}
