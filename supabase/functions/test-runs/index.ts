import { z } from "zod";
import { connectMembers } from "../_shared/platform/account_access.ts";
import { createIsolateMeter } from "../_shared/platform/cpu_meter.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import {
  allowedOrigins,
  cpuEnv,
  memberEnv,
  parseEnv,
  platformEnv,
  secretsIn,
  siteEnv,
} from "../_shared/platform/env.ts";
import { createLargeBodies } from "../_shared/platform/http/large_bodies.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { systemClock } from "../_shared/platform/system_clock.ts";
import { createRunReportReader } from "../_shared/tracking/run_report_reader.ts";
import { createReviewReader } from "../_shared/tracking/watcher/review_store.ts";
import { createTestRunStore } from "../_shared/tracking/store.ts";
import { createHandler, estimateCost } from "./handler.ts";

/**
 * The end of a report of 20 MB is one statement, which detects its issues: about 4 s for 8,800 new
 * failures, and 5 s if the report is older than the suite's last one.
 */
const STATEMENT_TIMEOUT_MS = 60_000;

const env = parseEnv(
  z.object({ ...platformEnv, ...memberEnv, ...siteEnv, ...cpuEnv }),
  Deno.env.toObject(),
);
const sql = connectDatabase(env, {
  name: "test-runs",
  statementTimeoutMs: STATEMENT_TIMEOUT_MS,
});

Deno.serve(createHandler({
  ...connectMembers(env, sql),
  runs: createTestRunStore(sql),
  reports: createRunReportReader(sql),
  readReviews: createReviewReader(sql),
  largeBodies: createLargeBodies(systemClock, {
    cpu: createIsolateMeter(),
    limitMs: env.WORKER_CPU_MS,
    costMs: estimateCost,
  }),
  origins: allowedOrigins(env),
  log: createLogger({ name: "test-runs", secrets: secretsIn(env) }),
}));
