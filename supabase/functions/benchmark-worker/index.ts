import { z } from "zod";
import { createImageSource } from "../_shared/benchmark/signed_images.ts";
import { createBenchmarkStore, createWorkSource } from "../_shared/benchmark/store.ts";
import { createModelProvider } from "../_shared/models/calls/model_client.ts";
import { providerEnv, readProviderEndpoints } from "../_shared/models/provider_env.ts";
import { connectWorker } from "../_shared/platform/database.ts";
import { lifeLeftMs, shutdownSignal, waitUntil } from "../_shared/platform/edge_runtime.ts";
import {
  adminKeyOf,
  parseEnv,
  platformEnv,
  secretKeysOf,
  secretsIn,
  workerEnv,
} from "../_shared/platform/env.ts";
import { DEFAULT_RETRY_POLICY } from "../_shared/platform/jobs/retry_policy.ts";
import { DEFAULT_WORKER_LIMITS } from "../_shared/platform/jobs/run_worker.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { isDataFault } from "../_shared/platform/statement_faults.ts";
import { systemClock } from "../_shared/platform/system_clock.ts";
import { createReportEndings } from "../_shared/report/store.ts";
import { createHandler } from "./handler.ts";
import { workOnBenchmarks } from "./work_on_benchmarks.ts";

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
      store: { ...createBenchmarkStore(sql, id), ...createReportEndings(sql, id) },
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
