import { z } from "zod";
import { createDatasetFiles } from "../_shared/datasets/dataset_files.ts";
import { datasetEnv, MS_PER_MEGABYTE } from "../_shared/datasets/limits.ts";
import { createDatasetStore } from "../_shared/datasets/store.ts";
import { connectMembers } from "../_shared/platform/account_access.ts";
import { createIsolateMeter } from "../_shared/platform/cpu_meter.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import { waitUntil } from "../_shared/platform/edge_runtime.ts";
import {
  adminKeyOf,
  allowedOrigins,
  cpuEnv,
  memberEnv,
  parseEnv,
  platformEnv,
  secretKeysOf,
  secretsIn,
  siteEnv,
} from "../_shared/platform/env.ts";
import { createTokenDigestReader } from "../_shared/platform/worker_token.ts";
import { createLargeBodies } from "../_shared/platform/http/large_bodies.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { systemClock } from "../_shared/platform/system_clock.ts";
import { createStorage } from "../_shared/platform/storage.ts";
import { createHandler } from "./handler.ts";

/** A statement may wait until another upload of the same name ends. */
const STATEMENT_TIMEOUT_MS = 60_000;

const env = parseEnv(
  z.object({ ...platformEnv, ...memberEnv, ...siteEnv, ...cpuEnv, ...datasetEnv }),
  Deno.env.toObject(),
);
const sql = connectDatabase(env, {
  name: "datasets",
  // An upload's transaction has a connection until its last row. Others must not wait for it.
  max: 2,
  statementTimeoutMs: STATEMENT_TIMEOUT_MS,
});

Deno.serve(createHandler({
  ...connectMembers(env, sql),
  store: createDatasetStore(sql),
  largeBodies: createLargeBodies(systemClock, {
    cpu: createIsolateMeter(),
    limitMs: env.WORKER_CPU_MS,
    costMs: (_, bytes) => bytes > env.MAX_DATASET_BYTES ? 0 : bytes / 1e6 * MS_PER_MEGABYTE,
  }),
  maxFileBytes: env.MAX_DATASET_BYTES,
  files: createDatasetFiles(createStorage(env.SUPABASE_URL, adminKeyOf(env))),
  secretKeys: secretKeysOf(env),
  readTokenDigest: createTokenDigestReader(sql),
  origins: allowedOrigins(env),
  waitUntil,
  log: createLogger({ name: "datasets", secrets: secretsIn(env) }),
}));
