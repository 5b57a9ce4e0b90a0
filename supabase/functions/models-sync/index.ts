import { z } from "zod";
import { providerEnv, readProviderEndpoints } from "../_shared/models/provider_env.ts";
import { createModelSync } from "../_shared/models/catalogue/model_sync.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import { waitUntil } from "../_shared/platform/edge_runtime.ts";
import { parseEnv, platformEnv, secretKeysOf, secretsIn } from "../_shared/platform/env.ts";
import { createTokenDigestReader } from "../_shared/platform/worker_token.ts";
import { serveWorker } from "../_shared/platform/http/serve_worker.ts";
import { createLogger } from "../_shared/platform/logger.ts";

/** Wait for one list. No user waits for it. */
const LIST_TIMEOUT_MS = 20_000;

const env = parseEnv(z.object({ ...platformEnv, ...providerEnv }), Deno.env.toObject());
const sql = connectDatabase(env, { name: "models-sync" });
const endpoints = readProviderEndpoints(env);

Deno.serve(serveWorker({
  secretKeys: secretKeysOf(env),
  readTokenDigest: createTokenDigestReader(sql),
  waitUntil,
  log: createLogger({ name: "models-sync", secrets: secretsIn(env) }),
  schema: z.strictObject({}),
  work: async (_body, log) => {
    // Prices take 30 ms to load on Deno 2.1.4: not for a request that is refused.
    const { findDatedPrices } = await import("../_shared/models/catalogue/dated_prices.ts");
    const options = { findPrices: findDatedPrices, timeoutMs: LIST_TIMEOUT_MS };
    await createModelSync({ sql, endpoints, log, ...options }).syncAll();
  },
}));
