import { z } from "zod";
import { createAccountStore } from "../_shared/accounts/store.ts";
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
import { createHandler } from "./handler.ts";

const env = parseEnv(z.object({ ...platformEnv, ...memberEnv, ...siteEnv }), Deno.env.toObject());
const sql = connectDatabase(env, { name: "accounts" });

Deno.serve(createHandler({
  ...connectMembers(env, sql),
  accountStore: createAccountStore(sql),
  origins: allowedOrigins(env),
  log: createLogger({ name: "accounts", secrets: secretsIn(env) }),
}));
