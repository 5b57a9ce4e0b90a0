import { z } from "zod";
import { createTextModels } from "../_shared/models/calls/model_client.ts";
import { providerEnv, readProviderEndpoints } from "../_shared/models/provider_env.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import { lifeLeftMs, shutdownSignal, waitUntil } from "../_shared/platform/edge_runtime.ts";
import {
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
import { createPromptRunReader, createPromptWorkSource } from "../_shared/prompts/store.ts";
import { createHandler } from "./handler.ts";
import { workOnPrompts } from "./work_on_prompts.ts";

const env = parseEnv(
  z.object({ ...platformEnv, ...workerEnv, ...providerEnv }),
  Deno.env.toObject(),
);
const sql = connectDatabase(env.SUPABASE_DB_URL, { name: "prompt-worker" });
const models = createTextModels({ endpoints: readProviderEndpoints(env) });
const shutdown = shutdownSignal();
const retry = { ...DEFAULT_RETRY_POLICY, slotWaitMs: env.SLOT_WAIT_SECONDS * 1000 };

Deno.serve(createHandler({
  secretKeys: secretKeysOf(env),
  waitUntil,
  log: createLogger({ name: "prompt-worker", secrets: secretsIn(env) }),
  work: (runId, log) => {
    const id = crypto.randomUUID();
    const limits = {
      ...DEFAULT_WORKER_LIMITS,
      slots: env.WORKER_SLOTS,
      wallClockMs: lifeLeftMs(env.WORKER_WALL_CLOCK_SECONDS * 1000, performance.now()),
      jobTimeoutMs: env.PROVIDER_TIMEOUT_SECONDS * 1000,
    };
    return workOnPrompts({
      source: createPromptWorkSource(sql, { id, runId, wallClockMs: limits.wallClockMs }),
      isDataFault,
      reader: createPromptRunReader(sql),
      models,
      limits,
      retry,
      clock: systemClock,
      random: Math.random,
      log: log.with({ worker_id: id }),
      shutdown,
    });
  },
}));
