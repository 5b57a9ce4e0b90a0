import { errorText } from "../_shared/models/answers/parse_output.ts";
import { type WorkerRun, workOnQueue } from "../_shared/platform/jobs/queue_worker.ts";
import type { Handover, WorkerSummary } from "../_shared/platform/jobs/run_worker.ts";
import { type ReviewDeps, reviewResult } from "../_shared/tracking/watcher/review_result.ts";
import type {
  WatcherJob,
  WatcherResult,
  WatcherSource,
} from "../_shared/tracking/watcher/watcher_job.ts";

/** Dependencies of {@link workOnReviews}. */
export interface WatcherWorkerDeps extends Pick<ReviewDeps, "models" | "makeFence"> {
  readonly source: WatcherSource;
}

/** Runs one worker until its queue is empty or its time is up. */
export function workOnReviews(
  run: WorkerRun,
  { source, ...deps }: WatcherWorkerDeps,
): Promise<WorkerSummary> {
  const { limits, log } = run;
  const reviewing = { ...run, ...deps, timeoutMs: limits.jobTimeoutMs };
  return workOnQueue({
    source,
    async handle(job, context) {
      const result = await reviewResult(job, reviewing, context);
      if (result.outcome !== "complete" && result.outcome !== "release") {
        log.warn("result not reviewed", {
          job_id: job.job_id,
          attempt: job.attempt,
          outcome: result.outcome,
          reason: result.error_message,
          charge: result.charge,
        });
      } else if (result.outcome === "complete" && result.insight.is_malformed) {
        log.warn("review unreadable: stored as text", { job_id: job.job_id, model: job.model });
      }
      return result;
    },
    recover: (job, error) => failOf(job, errorText(error)),
    replaceResult,
    handover,
  }, run);
}

/** No job is prefetched: a review takes far longer than the request for the next job. */
const handover: Handover<WatcherJob, WatcherResult> = {
  laneOf: () => null,
  idOf: (job) => job.job_id,
  haltsPrefetched: () => false,
  passOn: (result) => result,
  giveBack: ({ job_id, attempt }) => ({ job_id, attempt, outcome: "release" }),
};

/** Charges the reserved cost, because a call may have been under way. */
function failOf(
  { job_id, attempt }: { readonly job_id: number; readonly attempt: number },
  error_message: string,
) {
  return {
    job_id,
    attempt,
    outcome: "failed",
    error_message,
    charge: "unknown",
    actual_cost: null,
    rate_limited: false,
    pause_ms: null,
  } satisfies WatcherResult;
}

/** Returns the failure to record instead of a result that the database refuses. */
function replaceResult(result: WatcherResult): WatcherResult {
  if (result.outcome === "release") return result;
  const { charge, actual_cost } = result;
  return { ...failOf(result, "The review could not be stored."), charge, actual_cost };
}
