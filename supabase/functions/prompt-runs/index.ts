import { z } from "zod";
import { providerEnv, readProviderEndpoints } from "../_shared/models/provider_env.ts";
import { createModelLists } from "../_shared/models/catalogue/model_lists.ts";
import { connectMembers } from "../_shared/platform/account_access.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import {
  allowedOrigins,
  memberEnv,
  parseEnv,
  platformEnv,
  secretsIn,
  siteEnv,
} from "../_shared/platform/env.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { systemClock } from "../_shared/platform/system_clock.ts";
import { createPromptCatalogue } from "../_shared/prompts/prompt_catalogue.ts";
import { createPromptRunStore } from "../_shared/prompts/store.ts";
import { createHandler } from "./handler.ts";

/** A single statement opens a run of up to 100,000 cells. */
const STATEMENT_TIMEOUT_MS = 60_000;

const env = parseEnv(
  z.object({ ...platformEnv, ...memberEnv, ...siteEnv, ...providerEnv }),
  Deno.env.toObject(),
);
const sql = connectDatabase(env, {
  name: "prompt-runs",
  statementTimeoutMs: STATEMENT_TIMEOUT_MS,
});

Deno.serve(createHandler({
  ...connectMembers(env, sql),
  runs: createPromptRunStore(sql),
  catalogue: createPromptCatalogue(sql),
  lists: createModelLists(readProviderEndpoints(env)),
  clock: systemClock,
  origins: allowedOrigins(env),
  log: createLogger({ name: "prompt-runs", secrets: secretsIn(env) }),
}));
