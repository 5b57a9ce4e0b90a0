import { z } from "zod";
import { connectDatabase } from "../_shared/platform/database.ts";
import {
  adminKeyOf,
  allowedOrigins,
  parseEnv,
  platformEnv,
  secretsIn,
  siteEnv,
} from "../_shared/platform/env.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { createAdminClient, createUserLookup } from "../_shared/platform/supabase.ts";
import { createReviewReader } from "../_shared/tracking/watcher/review_store.ts";
import { createTestRunStore } from "../_shared/tracking/store.ts";
import { createHandler } from "./handler.ts";

/** A report of 20 MB is one statement. */
const STATEMENT_TIMEOUT_MS = 60_000;

const env = parseEnv(z.object({ ...platformEnv, ...siteEnv }), Deno.env.toObject());
const sql = connectDatabase(env.SUPABASE_DB_URL, {
  name: "test-runs",
  statementTimeoutMs: STATEMENT_TIMEOUT_MS,
});

Deno.serve(createHandler({
  lookUpUser: createUserLookup(createAdminClient(env.SUPABASE_URL, adminKeyOf(env))),
  runs: createTestRunStore(sql),
  readReviews: createReviewReader(sql),
  origins: allowedOrigins(env),
  log: createLogger({ name: "test-runs", secrets: secretsIn(env) }),
}));
