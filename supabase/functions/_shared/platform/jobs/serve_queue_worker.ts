import type { z } from "zod";
import { type CpuMeter, createIsolateMeter, shareCpu } from "../cpu_meter.ts";
import { connectDatabase, type Database } from "../database.ts";
import { createTokenDigestReader } from "../worker_token.ts";
import { lifeLeftMs, shutdownSignal, waitUntil } from "../edge_runtime.ts";
import { parseEnv, type platformEnv, secretKeysOf, secretsIn, type workerEnv } from "../env.ts";
import { createLogger, type Logger } from "../logger.ts";
import { systemClock } from "../system_clock.ts";
import { createQueueWorkerHandler, type WorkerRun } from "./queue_worker.ts";
import { DEFAULT_RETRY_POLICY } from "./retry_policy.ts";
import { DEFAULT_WORKER_LIMITS, type WorkerLimits } from "./run_worker.ts";

/** Variables that every queue worker reads. */
type QueueWorkerEnv = z.output<z.ZodObject<typeof platformEnv & typeof workerEnv>>;

/** Parts of a queue worker's function. */
export interface QueueWorkerOptions<Schema extends z.ZodType<QueueWorkerEnv>> {
  /** Name of the function, also shown in `pg_stat_activity`. */
  readonly name: string;
  /** Environment: `z.object({ ...platformEnv, ...workerEnv, … })`. */
  readonly env: Schema;
  /** Name of a group's id in log lines. Default `group_id`. */
  readonly groupField?: string;
  /** Limits other than the default ones. */
  readonly limits?: Partial<WorkerLimits>;
  /** Makes what all workers of this isolate share. Returns what runs one of them to its end. */
  readonly compose: (
    shared: {
      readonly env: z.output<Schema>;
      readonly sql: Database;
      readonly cpu: CpuMeter;
      readonly log: Logger;
    },
  ) => (run: WorkerRun) => Promise<unknown>;
}

/**
 * Serves an edge function whose calls each run a worker. Call it once, from the function's `index.ts`.
 *
 * @throws {EnvError} if the environment lacks a variable.
 */
export function serveQueueWorker<Schema extends z.ZodType<QueueWorkerEnv>>(
  options: QueueWorkerOptions<Schema>,
): void {
  const { name, groupField = "group_id" } = options;
  const env = parseEnv(options.env, Deno.env.toObject());
  const log = createLogger({ name, secrets: secretsIn(env) });
  const sql = connectDatabase(env, { name });
  const cpu = createIsolateMeter();
  const work = options.compose({ env, sql, cpu, log });
  const shutdown = shutdownSignal();
  Deno.serve(createQueueWorkerHandler({
    secretKeys: secretKeysOf(env),
    readTokenDigest: createTokenDigestReader(sql),
    waitUntil,
    log,
    groupField,
    work: (groupId, log) => {
      const id = crypto.randomUUID();
      return work({
        id,
        groupId,
        limits: {
          ...DEFAULT_WORKER_LIMITS,
          slots: env.WORKER_SLOTS,
          wallClockMs: lifeLeftMs(env.WORKER_WALL_CLOCK_SECONDS * 1000, performance.now()),
          jobTimeoutMs: env.PROVIDER_TIMEOUT_SECONDS * 1000,
          ...options.limits,
        },
        retry: { ...DEFAULT_RETRY_POLICY, slotWaitMs: env.SLOT_WAIT_SECONDS * 1000 },
        clock: systemClock,
        cpu: shareCpu(cpu, env.WORKER_CPU_MS),
        random: Math.random,
        log: log.with({ worker_id: id }),
        shutdown,
      });
    },
  }));
}
