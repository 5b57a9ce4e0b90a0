import { createRunPreparer } from "../_shared/benchmark/prepare_runs.ts";
import type { ImageSource } from "../_shared/benchmark/signed_images.ts";
import type { BenchmarkSource, BenchmarkStore } from "../_shared/benchmark/store.ts";
import type { ModelProvider } from "../_shared/models/calls/model_call.ts";
import { type WorkerRun, workOnQueue } from "../_shared/platform/jobs/queue_worker.ts";
import type { WorkerSummary } from "../_shared/platform/jobs/run_worker.ts";
import type { ReportEndings } from "../_shared/report/store.ts";
import { handleJob, handover, recoverJob, replaceResult } from "./handle_job.ts";

/** Dependencies of {@link workOnBenchmarks}. */
export interface BenchmarkWorkerDeps {
  readonly source: BenchmarkSource;
  readonly store: BenchmarkStore & ReportEndings;
  readonly images: ImageSource;
  readonly provider: ModelProvider;
}

/**
 * Runs one worker on benchmarks. It serves the report `run.groupId` first, and others while there is
 * room, so that slots which one report's limits leave free are used.
 */
export async function workOnBenchmarks(
  run: WorkerRun,
  { source, store, images, provider }: BenchmarkWorkerDeps,
): Promise<WorkerSummary> {
  const { limits, log } = run;
  const preparer = createRunPreparer({ store, images, timeoutMs: limits.jobTimeoutMs });
  const tools = { ...run, preparer, store, provider };
  const worker = workOnQueue({
    source,
    handle: (job, context) => handleJob(job, tools, context),
    recover: recoverJob,
    replaceResult,
    handover,
    // A finalisation logs what its report has cost; these reports ended without one.
    logReply({ closed }) {
      for (const report of closed) log.warn("report ended early", { ...report });
    },
  }, run);
  // The worker registers first; while it claims, what its first calls need is on its way too.
  if (run.groupId !== null) preparer.warm(run.groupId);
  return await worker;
}
