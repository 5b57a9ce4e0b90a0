import type { UnsentCall } from "../models/calls/call_with_retries.ts";
import type { TransientFailure } from "../models/calls/model_provider.ts";
import type { TokenPrices } from "../models/token_prices.ts";
import type { JobTries } from "../platform/jobs/retry_policy.ts";
import type { WorkSource } from "../platform/jobs/run_worker.ts";
import type { Insight, WatchedTest } from "./watcher.ts";

interface JobLease {
  readonly job_id: number;
  /** Number of this lease; with the worker's id it proves that the lease is still ours. */
  readonly attempt: number;
}

/** A leased job: one result to be judged. */
export interface WatcherJob extends JobLease, JobTries, WatchedTest {
  /** Whose endpoint: `base_url_key`. */
  readonly provider: string;
  /** The provider's own name for it. */
  readonly model: string;
  /** Whether the model can be held to a schema. */
  readonly is_structured: boolean;
  readonly prices: TokenPrices;
}

/** What a call has shown of its provider's limits, and what it cost. */
interface Called extends JobLease {
  readonly charge: "none" | "unknown";
  /** USD; null where unknown, which writes the reservation off unless nothing was charged. */
  readonly actual_cost: number | null;
  /** Whether the provider turned the call away. */
  readonly rate_limited: boolean;
  /** Milliseconds for which it wants no further call. */
  readonly pause_ms: number | null;
  /** Why the provider gave no answer, where it gave none: outages are seen by it. */
  readonly failure?: TransientFailure["reason"];
}

/** What came of a job. */
export type WatcherResult =
  | Called & { readonly outcome: "complete"; readonly insight: Insight }
  | Called & {
    readonly outcome: "failed" | "fatal";
    readonly error_message: string;
    /**
     * Time of the next allowed call to the provider, in milliseconds since 1970. Set only if the
     * outcome is `fatal`. Null if the provider names no time.
     */
    readonly retry_at_ms?: number | null;
  }
  | Called & {
    readonly outcome: "retry";
    readonly error_message: string;
    /** Milliseconds from now. */
    readonly run_at_ms: number;
  }
  | JobLease & UnsentCall
  | JobLease & { readonly outcome: "release" };

/** The queue as a watcher's worker sees it. */
export type WatcherSource = WorkSource<WatcherJob, WatcherResult>;
