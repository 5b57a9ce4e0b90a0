import { z } from "zod";
import { connectDatabase } from "../_shared/adapters/database.ts";
import { createModelLists } from "../_shared/adapters/model_lists.ts";
import { createPromptCatalogue } from "../_shared/adapters/prompt_catalogue.ts";
import { createPromptRunStore } from "../_shared/adapters/prompt_store.ts";
import { readProviderEndpoints } from "../_shared/adapters/provider_endpoints.ts";
import { createAdminClient, createUserLookup } from "../_shared/adapters/supabase.ts";
import { systemClock } from "../_shared/adapters/system_clock.ts";
import {
  adminKeyOf,
  allowedOrigins,
  parseEnv,
  platformEnv,
  providerEnv,
  secretsIn,
  siteEnv,
} from "../_shared/env.ts";
import { createLogger } from "../_shared/http/logger.ts";
import { createHandler } from "./handler.ts";

/** A run of 100,000 calls is one statement. */
const STATEMENT_TIMEOUT_MS = 60_000;

const env = parseEnv(z.object({ ...platformEnv, ...siteEnv, ...providerEnv }), Deno.env.toObject());
const sql = connectDatabase(env.SUPABASE_DB_URL, {
  name: "prompt-runs",
  statementTimeoutMs: STATEMENT_TIMEOUT_MS,
});

Deno.serve(createHandler({
  lookUpUser: createUserLookup(createAdminClient(env.SUPABASE_URL, adminKeyOf(env))),
  runs: createPromptRunStore(sql),
  catalogue: createPromptCatalogue(sql),
  lists: createModelLists(readProviderEndpoints(env)),
  clock: systemClock,
  origins: allowedOrigins(env),
  log: createLogger({ name: "prompt-runs", secrets: secretsIn(env) }),
}));
