import { errorText } from "../_shared/models/answers/parse_output.ts";
import { isolateFaults } from "../_shared/platform/jobs/isolate_faults.ts";
import {
  type Handover,
  runWorker,
  type WorkerLimits,
  type WorkerSummary,
} from "../_shared/platform/jobs/run_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import { type JudgeDeps, judgeResult } from "../_shared/tracking/judge_result.ts";
import type { WatcherJob, WatcherResult, WatcherSource } from "../_shared/tracking/watcher_job.ts";

/** All that a watcher's worker works with. */
export interface WatcherWorkerDeps extends Omit<JudgeDeps, "timeoutMs"> {
  readonly source: WatcherSource;
  /** Whether the database refused the data itself. */
  readonly isDataFault: (error: unknown) => boolean;
  readonly limits: WorkerLimits;
  readonly log: Logger;
  /** Aborts when the isolate is about to be ended. */
  readonly shutdown: AbortSignal;
}

/** One worker, from its registration to its leave. */
export async function workOnJudgements(deps: WatcherWorkerDeps): Promise<WorkerSummary> {
  const { limits, clock, random, log } = deps;
  const judging = { ...deps, timeoutMs: limits.jobTimeoutMs };
  const startedAt = clock.now();
  const summary = await runWorker({
    source: isolateFaults(deps.source, { isDataFault: deps.isDataFault, replace: replaceResult }),
    async handle(job, context) {
      const result = await judgeResult(job, judging, context);
      if (result.outcome !== "complete" && result.outcome !== "release") {
        log.warn("result not judged", {
          job_id: job.job_id,
          attempt: job.attempt,
          outcome: result.outcome,
          reason: result.error_message,
          charge: result.charge,
        });
      } else if (result.outcome === "complete" && result.insight.is_malformed) {
        log.warn("judgement cannot be read", { job_id: job.job_id, model: job.model });
      }
      return result;
    },
    recover: (job, error) => failOf(job, errorText(error)),
    handover,
    limits,
    clock,
    random,
    log,
    shutdown: deps.shutdown,
  });
  log.info("worker ended", { ...summary, duration_ms: Math.round(clock.now() - startedAt) });
  return summary;
}

/** Each job is asked for: a judgement takes much longer than the question for the next. */
const handover: Handover<WatcherJob, WatcherResult> = {
  laneOf: () => null,
  idOf: (job) => job.job_id,
  haltsPrefetched: () => false,
  passOn: (result) => result,
  giveBack: ({ job_id, attempt }) => ({ job_id, attempt, outcome: "release" }),
};

/** A call may have been under way. */
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

/** What is recorded in the place of a result that the database refuses. */
function replaceResult(result: WatcherResult): WatcherResult {
  if (result.outcome === "release") return result;
  const { charge, actual_cost } = result;
  return { ...failOf(result, "The judgement could not be stored."), charge, actual_cost };
}
