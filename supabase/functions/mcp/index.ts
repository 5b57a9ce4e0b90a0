import { z } from "zod";
import { composeChat, warmUp } from "../_shared/chat/compose_chat.ts";
import { chatEnv, queryEnv, tracingEnv } from "../_shared/chat/env.ts";
import { createPersistTelemetry } from "../_shared/chat/persist_telemetry.ts";
import { createQueryLimit } from "../_shared/chat/store.ts";
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
import { createPromptReader } from "../_shared/prompts/prompt_reader.ts";
import { createReportList, createReportViews } from "../_shared/report/store.ts";
import { createFailingTests } from "../_shared/tracking/failing_tests.ts";
import { createHandler } from "./handler.ts";

const env = parseEnv(
  z.object({
    ...{ ...platformEnv, ...siteEnv, ...tokenEnv, ...memberEnv, ...providerEnv },
    ...{ ...chatEnv, ...queryEnv, ...tracingEnv },
  }),
  Deno.env.toObject(),
);
const log = createLogger({ name: "mcp", secrets: secretsIn(env) });
const sql = connectDatabase(env, { name: "mcp" });
const chat = composeChat(env, {
  name: "mcp",
  sql,
  persistTelemetry: createPersistTelemetry("mcp"),
  log,
});
const members = connectMembers(env, sql);

Deno.serve(createHandler({
  ...members,
  lookUpUser: verifyTokens({
    keys: env.SUPABASE_JWKS,
    lookUpUser: members.lookUpUser,
    now: () => Date.now(),
  }),
  chat: {
    ...chat,
    waitUntil,
    takeQuery: createQueryLimit(sql),
    maxQueriesPerMinute: env.CHAT_MAX_QUERIES_PER_MINUTE,
  },
  listReports: createReportList(sql),
  reports: createReportViews(sql),
  readPrompt: createPromptReader(sql),
  listFailingTests: createFailingTests(sql),
  origins: allowedOrigins(env),
  log,
}));
void warmUp(chat, log);
