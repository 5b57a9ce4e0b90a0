import { createCpuMeter, shareCpu } from "../platform/cpu_meter.ts";
import type { WorkerRun } from "../platform/jobs/queue_worker.ts";
import { DEFAULT_RETRY_POLICY } from "../platform/jobs/retry_policy.ts";
import { DEFAULT_WORKER_LIMITS } from "../platform/jobs/run_worker.ts";
import { createLogger } from "../platform/logger.ts";
import { systemClock } from "../platform/system_clock.ts";

/** Returns a worker with the default limits that logs nowhere and is never shut down. */
export function aWorkerRun(change: Partial<WorkerRun> = {}): WorkerRun {
  return {
    id: crypto.randomUUID(),
    groupId: null,
    limits: DEFAULT_WORKER_LIMITS,
    retry: DEFAULT_RETRY_POLICY,
    clock: systemClock,
    cpu: shareCpu(createCpuMeter(0), Infinity),
    random: () => 0.5,
    log: createLogger({ name: "test", write: () => {} }),
    shutdown: new AbortController().signal,
    ...change,
  };
}
