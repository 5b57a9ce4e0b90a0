import { z } from "zod";
import type { FailedCall, UnsentCall } from "../../models/calls/call_with_retries.ts";
import { tokenPricesSchema } from "../../models/token_prices.ts";
import type { WorkSource } from "../../platform/jobs/run_worker.ts";
import { jobTriesShape } from "../../platform/jobs/worker_leases.ts";
import { type Review, watchedTestShape } from "./review_prompt.ts";

/** A leased job: one result to review. */
export const watcherJobSchema = z.object({
  job_id: z.number(),
  /** Number of this lease, from 1. Together with the worker's id it proves who holds the lease. */
  attempt: z.number(),
  ...jobTriesShape,
  /** Name of the provider's endpoint: `base_url_key`. */
  provider: z.string(),
  /** The provider's own name for the model. */
  model: z.string(),
  /** True if the model's answer can be constrained to a schema. */
  is_structured: z.boolean(),
  prices: tokenPricesSchema,
  ...watchedTestShape,
});

export type WatcherJob = z.output<typeof watcherJobSchema>;

type JobLease = Pick<WatcherJob, "job_id" | "attempt">;

/** Cost of a call, and what the call revealed of the provider's limits. */
interface CallReport extends JobLease {
  readonly charge: "none" | "unknown";
  /**
   * USD; null if unknown. The cost reserved for the call is then written off, unless `charge` is
   * `none`.
   */
  readonly actual_cost: number | null;
  /** True if the provider refused the call because of a rate limit. */
  readonly rate_limited: boolean;
  /** Milliseconds during which the provider accepts no further call. */
  readonly pause_ms: number | null;
}

/** Result of a job, as `advance_watcher` takes it. */
export type WatcherResult =
  | CallReport & { readonly outcome: "complete"; readonly insight: Review }
  | CallReport & FailedCall
  | JobLease & UnsentCall
  | JobLease & { readonly outcome: "release" };

/** The job queue, reduced to the watcher's jobs. */
export type WatcherSource = WorkSource<WatcherJob, WatcherResult>;
