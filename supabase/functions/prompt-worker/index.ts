import { z } from "zod";
import { connectDatabase } from "../_shared/adapters/database.ts";
import { lifeLeftMs, shutdownSignal, waitUntil } from "../_shared/adapters/edge_runtime.ts";
import { createPromptRunReader, createPromptWorkSource } from "../_shared/adapters/prompt_store.ts";
import { readProviderEndpoints } from "../_shared/adapters/provider_endpoints.ts";
import { createTextModels } from "../_shared/adapters/providers.ts";
import { isDataFault } from "../_shared/adapters/statement_faults.ts";
import { systemClock } from "../_shared/adapters/system_clock.ts";
import {
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
import { workOnPrompts } from "../_shared/prompts/work_on_prompts.ts";
import { createHandler } from "./handler.ts";

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
