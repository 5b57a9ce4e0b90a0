import { z } from "zod";
import { createChatModel } from "../_shared/chat/chat_model.ts";
import { chatEnv, tracingEnv } from "../_shared/chat/env.ts";
import { checkQuery } from "../_shared/chat/gate/check_query.ts";
import { createChatStore } from "../_shared/chat/store.ts";
import { traceModel } from "../_shared/chat/trace_model.ts";
import {
  type ProviderEndpoint,
  providerEnv,
  readProviderEndpoints,
} from "../_shared/models/provider_env.ts";
import { connectDatabase } from "../_shared/platform/database.ts";
import { waitUntil } from "../_shared/platform/edge_runtime.ts";
import {
  adminKeyOf,
  allowedOrigins,
  EnvError,
  parseEnv,
  platformEnv,
  secretsIn,
  siteEnv,
  tokenEnv,
} from "../_shared/platform/env.ts";
import { verifyTokens } from "../_shared/platform/http/verify_token.ts";
import { createLogger } from "../_shared/platform/logger.ts";
import { createOtlpExporter } from "../_shared/platform/otlp_exporter.ts";
import { createUserLookup } from "../_shared/platform/user_lookup.ts";
import { createHandler } from "./handler.ts";
import { persistTelemetry } from "./telemetry.ts";

const env = parseEnv(
  z.object({ ...platformEnv, ...siteEnv, ...tokenEnv, ...providerEnv, ...chatEnv, ...tracingEnv }),
  Deno.env.toObject(),
);
const log = createLogger({ name: "chat", secrets: secretsIn(env) });
const store = createChatStore({
  sql: connectDatabase(env, { name: "chat" }),
  connectQueries: () =>
    connectDatabase(env, {
      name: "chat-queries",
      statementTimeoutMs: env.CHAT_QUERY_TIMEOUT_MS,
    }),
});

Deno.serve(createHandler({
  lookUpUser: verifyTokens({
    keys: env.SUPABASE_JWKS,
    lookUpUser: createUserLookup({ supabaseUrl: env.SUPABASE_URL, key: adminKeyOf(env) }),
    now: () => Date.now(),
  }),
  model: composeModel(),
  store,
  checkQuery,
  persistTelemetry,
  settings: {
    sqlModel: env.CHAT_SQL_MODEL,
    responseModel: env.CHAT_RESPONSE_MODEL,
    maxRows: env.CHAT_MAX_ROWS,
    queryTimeoutMs: env.CHAT_QUERY_TIMEOUT_MS,
  },
  maxQuestionsPerMinute: env.CHAT_MAX_QUESTIONS_PER_MINUTE,
  origins: allowedOrigins(env),
  waitUntil,
  now: () => performance.now(),
  randomId: () => crypto.randomUUID(),
  log,
}));
void warmUp();

function composeModel() {
  const endpoint = endpointOf(env.CHAT_PROVIDER);
  const model = createChatModel({
    provider: env.CHAT_PROVIDER,
    endpoint,
    timeoutMs: env.CHAT_MODEL_TIMEOUT_SECONDS * 1000,
  });
  if (env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return model;
  return traceModel(model, {
    provider: env.CHAT_PROVIDER,
    baseUrl: endpoint.baseUrl,
    hasContent: env.OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT,
    waitUntil,
    exportSpan: createOtlpExporter({
      endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
      headers: env.OTEL_EXPORTER_OTLP_HEADERS,
      serviceName: "modelpick-chat",
      onFailure: (error) =>
        log.warn("span was not exported: check OTEL_EXPORTER_OTLP_ENDPOINT and its headers", {
          cause: error,
        }),
    }),
  });
}

function endpointOf(provider: string): ProviderEndpoint {
  const endpoint = readProviderEndpoints(env)[provider];
  if (endpoint !== undefined) return endpoint;
  const prefix = provider.toUpperCase();
  throw new EnvError(`set ${prefix}_API_KEY or ${prefix}_BASE_URL`);
}

/** Connects and compiles the gate, so that the first question does not wait for it. */
async function warmUp(): Promise<void> {
  try {
    const [schema] = await Promise.all([store.schema(), store.prices()]);
    const verdict = await checkQuery("select 1", schema);
    if (!verdict.ok) throw new Error("the gate refuses every statement", { cause: verdict.cause });
  } catch (error) {
    // The first question tries again.
    log.warn("warm-up failed", { cause: error });
  }
}
