import { z } from "zod";
import { composeChat, warmUp } from "../_shared/chat/compose_chat.ts";
import { chatEnv, tracingEnv } from "../_shared/chat/env.ts";
import { providerEnv } from "../_shared/models/provider_env.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import { waitUntil } from "../_shared/platform/edge_runtime.ts";
import {
  adminKeyOf,
  allowedOrigins,
  parseEnv,
  platformEnv,
  secretsIn,
  siteEnv,
  tokenEnv,
} from "../_shared/platform/env.ts";
import { verifyTokens } from "../_shared/platform/http/verify_token.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { createUserLookup } from "../_shared/platform/user_lookup.ts";
import { createHandler } from "./handler.ts";
import { persistTelemetry } from "./telemetry.ts";

const env = parseEnv(
  z.object({ ...platformEnv, ...siteEnv, ...tokenEnv, ...providerEnv, ...chatEnv, ...tracingEnv }),
  Deno.env.toObject(),
);
const log = createLogger({ name: "chat", secrets: secretsIn(env) });
const chat = composeChat(env, {
  name: "chat",
  sql: connectDatabase(env, { name: "chat" }),
  persistTelemetry,
  log,
});

Deno.serve(createHandler({
  ...chat,
  lookUpUser: verifyTokens({
    keys: env.SUPABASE_JWKS,
    lookUpUser: createUserLookup({ supabaseUrl: env.SUPABASE_URL, key: adminKeyOf(env) }),
    now: () => Date.now(),
  }),
  origins: allowedOrigins(env),
  waitUntil,
  log,
}));
void warmUp(chat, log);
