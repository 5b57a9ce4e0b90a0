import { createRunPreparer } from "../_shared/benchmark/prepare_runs.ts";
import type { ImageSource } from "../_shared/benchmark/signed_images.ts";
import type { BenchmarkSource, BenchmarkStore } from "../_shared/benchmark/store.ts";
import type { ModelProvider } from "../_shared/models/calls/model_call.ts";
import type { Clock } from "../_shared/platform/clock.ts";
import { isolateFaults } from "../_shared/platform/jobs/isolate_faults.ts";
import type { RetryPolicy } from "../_shared/platform/jobs/retry_policy.ts";
import {
  runWorker,
  type WorkerLimits,
  type WorkerSummary,
} from "../_shared/platform/jobs/run_worker.ts";
import type { Logger } from "../_shared/platform/logger.ts";
import type { ReportEndings } from "../_shared/report/store.ts";
import { handleJob, handover, recoverJob, replaceResult } from "./handle_job.ts";

/** All that a benchmark worker works with. */
export interface BenchmarkWorkerDeps {
  readonly source: BenchmarkSource;
  /** Whether the database refused the data itself. */
  readonly isDataFault: (error: unknown) => boolean;
  readonly store: BenchmarkStore & ReportEndings;
  readonly images: ImageSource;
  readonly provider: ModelProvider;
  readonly limits: WorkerLimits;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  /** From 0 up to 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Aborts when the isolate is about to be ended. */
  readonly shutdown: AbortSignal;
}

/**
 * One worker, from its registration to its leave.
 *
 * @param reportId The report whose chain it is: it is served first. The worker serves others too
 * while there is room, so that slots which one report's limits leave free are used.
 */
export async function workOnBenchmarks(
  reportId: string | null,
  deps: BenchmarkWorkerDeps,
): Promise<WorkerSummary> {
  const { store, images, provider, limits, retry, clock, random, log } = deps;
  const preparer = createRunPreparer({ store, images, timeoutMs: limits.jobTimeoutMs });
  const tools = { preparer, store, provider, clock, retry, random, log };
  const startedAt = clock.now();
  const worker = runWorker({
    source: isolateFaults(logClosed(deps.source, log), {
      isDataFault: deps.isDataFault,
      replace: replaceResult,
    }),
    handle: (job, context) => handleJob(job, tools, context),
    recover: recoverJob,
    handover,
    limits,
    clock,
    random,
    log,
    shutdown: deps.shutdown,
  });
  // It registers first; while it claims, what its first calls need is on its way too.
  if (reportId !== null) preparer.warm(reportId);
  const summary = await worker;
  log.info("worker ended", { ...summary, duration_ms: Math.round(clock.now() - startedAt) });
  return summary;
}

/** Says what a report has cost that ends without being summed up, as a finalisation says of the others. */
function logClosed(source: BenchmarkSource, log: Logger): BenchmarkSource {
  return {
    register: () => source.register(),
    renew: () => source.renew(),
    release: (chain) => source.release(chain),
    changedNothing: (error) => source.changedNothing(error),
    isFault: (error) => source.isFault(error),
    async exchange(results, want, ahead) {
      const reply = await source.exchange(results, want, ahead);
      for (const report of reply.closed) log.warn("report ended early", { ...report });
      return reply;
    },
  };
}
