import { z } from "zod";
import { connectWorker } from "../_shared/platform/database.ts";
import { shutdownSignal, waitUntil } from "../_shared/platform/edge_runtime.ts";
import { parseEnv, platformEnv, secretKeysOf, secretsIn } from "../_shared/platform/env.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { systemClock } from "../_shared/platform/system_clock.ts";
import { createRescoringQueue } from "../_shared/report/rescoring_queue.ts";
import { createHandler } from "./handler.ts";
import { DEFAULT_RESCORING_LIMITS, rescoreReports } from "./rescore_reports.ts";

const env = parseEnv(z.object(platformEnv), Deno.env.toObject());
const sql = connectWorker(env.SUPABASE_DB_URL, "rescore-worker");
const limits = DEFAULT_RESCORING_LIMITS;
const shutdown = shutdownSignal();

Deno.serve(createHandler({
  secretKeys: secretKeysOf(env),
  waitUntil,
  log: createLogger({ name: "rescore-worker", secrets: secretsIn(env) }),
  work: (log) => {
    const id = crypto.randomUUID();
    return rescoreReports({
      queue: createRescoringQueue(sql, { id, wallClockMs: limits.wallClockMs }),
      limits,
      clock: systemClock,
      random: Math.random,
      log: log.with({ worker_id: id }),
      shutdown,
    });
  },
}));
