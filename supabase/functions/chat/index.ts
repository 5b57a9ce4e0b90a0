import { z } from "zod";
import { composeChat, warmUp } from "../_shared/chat/compose_chat.ts";
import { chatEnv, tracingEnv } from "../_shared/chat/env.ts";
import { providerEnv } from "../_shared/models/provider_env.ts";
import { connectMembers } from "../_shared/platform/account_access.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import { waitUntil } from "../_shared/platform/edge_runtime.ts";
import {
  allowedOrigins,
  memberEnv,
  parseEnv,
  platformEnv,
  secretsIn,
  siteEnv,
  tokenEnv,
} from "../_shared/platform/env.ts";
import { verifyTokens } from "../_shared/platform/http/verify_token.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { createHandler } from "./handler.ts";
import { persistTelemetry } from "./telemetry.ts";

const env = parseEnv(
  z.object({
    ...platformEnv,
    ...siteEnv,
    ...tokenEnv,
    ...memberEnv,
    ...providerEnv,
    ...chatEnv,
    ...tracingEnv,
  }),
  Deno.env.toObject(),
);
const log = createLogger({ name: "chat", secrets: secretsIn(env) });
const sql = connectDatabase(env, { name: "chat" });
const chat = composeChat(env, { name: "chat", sql, persistTelemetry, log });
const members = connectMembers(env, sql);

Deno.serve(createHandler({
  ...chat,
  ...members,
  lookUpUser: verifyTokens({
    keys: env.SUPABASE_JWKS,
    lookUpUser: members.lookUpUser,
    now: () => Date.now(),
  }),
  origins: allowedOrigins(env),
  waitUntil,
  log,
}));
void warmUp(chat, log);
