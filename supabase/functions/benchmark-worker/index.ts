import { z } from "zod";
import { connectWorker } from "../_shared/adapters/database.ts";
import { lifeLeftMs, shutdownSignal, waitUntil } from "../_shared/adapters/edge_runtime.ts";
import { createBenchmarkStore, createWorkSource } from "../_shared/adapters/job_store.ts";
import { readProviderEndpoints } from "../_shared/adapters/provider_endpoints.ts";
import { createModelProvider } from "../_shared/adapters/providers.ts";
import { createImageSource } from "../_shared/adapters/signed_images.ts";
import { isDataFault } from "../_shared/adapters/statement_faults.ts";
import { systemClock } from "../_shared/adapters/system_clock.ts";
import { workOnBenchmarks } from "../_shared/benchmark/work_on_benchmarks.ts";
import {
  adminKeyOf,
  parseEnv,
  platformEnv,
  providerEnv,
  secretKeysOf,
  secretsIn,
  workerEnv,
} from "../_shared/env.ts";
import { createLogger } from "../_shared/http/logger.ts";
import { DEFAULT_RETRY_POLICY } from "../_shared/jobs/retry_policy.ts";
import { DEFAULT_WORKER_LIMITS } from "../_shared/jobs/run_worker.ts";
import { createHandler } from "./handler.ts";

const env = parseEnv(
  z.object({ ...platformEnv, ...workerEnv, ...providerEnv }),
  Deno.env.toObject(),
);
const sql = connectWorker(env.SUPABASE_DB_URL, "benchmark-worker");
const endpoints = readProviderEndpoints(env);
const provider = createModelProvider({ endpoints });
const images = createImageSource({
  supabaseUrl: env.SUPABASE_URL,
  key: adminKeyOf(env),
  baseUrls: Object.fromEntries(
    Object.entries(endpoints).map(([name, { baseUrl }]) => [name, baseUrl]),
  ),
  inlineOnly: new Set(env.INLINE_IMAGE_PROVIDERS),
});
const shutdown = shutdownSignal();
const retry = { ...DEFAULT_RETRY_POLICY, slotWaitMs: env.SLOT_WAIT_SECONDS * 1000 };

Deno.serve(createHandler({
  secretKeys: secretKeysOf(env),
  waitUntil,
  log: createLogger({ name: "benchmark-worker", secrets: secretsIn(env) }),
  work: (reportId, log) => {
    const id = crypto.randomUUID();
    const limits = {
      ...DEFAULT_WORKER_LIMITS,
      slots: env.WORKER_SLOTS,
      wallClockMs: lifeLeftMs(env.WORKER_WALL_CLOCK_SECONDS * 1000, performance.now()),
      jobTimeoutMs: env.PROVIDER_TIMEOUT_SECONDS * 1000,
    };
    return workOnBenchmarks(reportId, {
      source: createWorkSource(sql, { id, reportId, wallClockMs: limits.wallClockMs }),
      isDataFault,
      store: createBenchmarkStore(sql, id),
      images,
      provider,
      limits,
      retry,
      clock: systemClock,
      random: Math.random,
      log: log.with({ worker_id: id }),
      shutdown,
    });
  },
}));
