import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { CpuBudget } from "../cpu_meter.ts";
import { serveWorker, type WorkerDeps } from "../http/serve_worker.ts";
import type { Logger } from "../logger.ts";
import { isDataFault } from "../statement_faults.ts";
import { isolateFaults } from "./isolate_faults.ts";
import type { RetryPolicy } from "./retry_policy.ts";
import {
  type Handover,
  type JobContext,
  type Reply,
  runWorker,
  type WorkerLimits,
  type WorkerSummary,
  type WorkSource,
} from "./run_worker.ts";

/** One invocation of a worker, with the tools that do not depend on its jobs. */
export interface WorkerRun {
  readonly id: string;
  /** Group of jobs whose chain this is: it is served first. Null for the chain that serves any. */
  readonly groupId: string | null;
  readonly limits: WorkerLimits;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  readonly cpu: CpuBudget;
  /** Returns a number from 0 up to 1. */
  readonly random: () => number;
  readonly log: Logger;
  /** Aborts when the isolate is about to be ended. */
  readonly shutdown: AbortSignal;
}

/** All that is particular to the jobs of one worker. */
export interface QueueWork<Job, Result, Batch extends Reply<Job> = Reply<Job>> {
  readonly source: WorkSource<Job, Result, Batch>;
  /** Carries a job out. Returns null if the result is recorded by other means. */
  readonly handle: (job: Job, context: JobContext) => Promise<Result | null>;
  /** Returns the result of a job whose handler threw. */
  readonly recover: (job: Job, error: unknown) => Result;
  /** Returns what is recorded in place of a result that the database refuses. */
  readonly replaceResult: (result: Result) => Result;
  readonly handover: Handover<Job, Result>;
  /** Logs what a reply says besides jobs, such as the groups that ended. */
  readonly logReply?: (reply: Batch) => void;
}

/** Runs one worker, from its registration until it leaves, and logs what it did. */
export async function workOnQueue<Job, Result, Batch extends Reply<Job>>(
  work: QueueWork<Job, Result, Batch>,
  { limits, clock, cpu, random, log, shutdown }: WorkerRun,
): Promise<WorkerSummary> {
  const { source, handle, recover, replaceResult, handover, logReply } = work;
  const startedAt = clock.now();
  const summary = await runWorker({
    source: isolateFaults({
      ...source,
      async exchange(results, want, prefetch) {
        const reply = await source.exchange(results, want, prefetch);
        logReply?.(reply);
        return reply;
      },
    }, { isDataFault, replace: replaceResult }),
    handle,
    recover,
    handover,
    limits,
    clock,
    cpu,
    random,
    log,
    shutdown,
  });
  log.info("worker ended", {
    ...summary,
    duration_ms: Math.round(clock.now() - startedAt),
    isolate_cpu_ms: Math.round(cpu.usedMs),
  });
  return summary;
}

/** Dependencies of {@link createQueueWorkerHandler}. */
export interface QueueWorkerHandlerOptions extends WorkerDeps {
  /** Name of the group's id in log lines, such as `report_id`. */
  readonly groupField: string;
  /** Runs a worker to its end. */
  readonly work: (groupId: string | null, log: Logger) => Promise<unknown>;
}

const bodySchema = z.strictObject({
  /** Group of jobs to serve first; null for any. */
  group_id: z.guid().nullable().default(null),
});

/**
 * Returns the HTTP handler of a queue worker: `POST` with `{"group_id": …}`, see
 * {@link serveWorker}. Postgres is the caller.
 */
export function createQueueWorkerHandler(
  { groupField, work, ...deps }: QueueWorkerHandlerOptions,
): (request: Request) => Promise<Response> {
  return serveWorker({
    ...deps,
    schema: bodySchema,
    about: ({ group_id }) => group_id === null ? {} : { [groupField]: group_id },
    work: ({ group_id }, log) => work(group_id, log),
  });
}
