import { type Backoff, backoffMs } from "./backoff.ts";

/** When a failed try is made again, and where. */
export interface RetryPolicy {
  /** Longest wait in milliseconds that may keep a slot occupied; a longer one gives the slot up. */
  readonly slotWaitMs: number;
  /** Tries within one claim. */
  readonly triesPerClaim: number;
  /** Claims of one job while tries fail without cost. */
  readonly maxAttempts: number;
  /** Claims of one job while each may have cost money. */
  readonly maxCostlyAttempts: number;
  /** Waits within a claim where the other side names none. */
  readonly inPlace: Backoff;
  /** Waits between claims where the other side names none. */
  readonly requeue: Backoff;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  slotWaitMs: 5_000,
  triesPerClaim: 3,
  maxAttempts: 8,
  maxCostlyAttempts: 3,
  inPlace: { baseMs: 500, maxMs: 4_000 },
  requeue: { baseMs: 2_000, maxMs: 60_000 },
};

/** A try that failed and might succeed later. */
export interface FailedTry {
  /** `none`: certainly nothing was spent. `unknown`: the other side may have done and billed the work. */
  readonly charge: "none" | "unknown";
  /** Milliseconds the other side asks to wait, or null. */
  readonly retryAfterMs: number | null;
  /** Number of this claim, from 1. */
  readonly attempt: number;
  /** Tries made within this claim, this one included. */
  readonly tries: number;
  /** Milliseconds until a new try would come too late for this worker. */
  readonly timeLeftMs: number;
}

/** What follows: a try in the same slot, a later claim by whoever, or the end. */
export type RetryDecision =
  | { readonly action: "wait"; readonly ms: number }
  | { readonly action: "requeue"; readonly runAtMs: number }
  | { readonly action: "give_up" };

/**
 * Decides what follows a failed try.
 *
 * A try that may have cost money is never repeated in place: the reservation behind it covers one
 * call, so it goes back to the queue, which writes that one off and reserves anew.
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
  const limit = failed.charge === "none" ? policy.maxAttempts : policy.maxCostlyAttempts;
  if (failed.attempt >= limit) return { action: "give_up" };
  const later = backoffMs(failed.attempt, policy.requeue, random);
  return { action: "requeue", runAtMs: failed.retryAfterMs ?? later };
}
