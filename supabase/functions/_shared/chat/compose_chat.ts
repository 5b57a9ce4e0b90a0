import type { z } from "zod";
import {
  type ProviderEndpoint,
  type providerEnv,
  readProviderEndpoints,
} from "../models/provider_env.ts";
import { connectDatabase, type Database } from "../platform/database.ts";
import { waitUntil } from "../platform/edge_runtime.ts";
import { EnvError, type platformEnv, type siteEnv } from "../platform/env.ts";
import type { Logger } from "../platform/logger.ts";
import { createOtlpExporter } from "../platform/otlp_exporter.ts";
import type { AskDeps } from "./ask_question.ts";
import { type ChatModel, createChatModel } from "./chat_model.ts";
import type { chatEnv, tracingEnv } from "./env.ts";
import { checkQuery } from "./gate/check_query.ts";
import { createChatStore } from "./store.ts";
import type { PersistTelemetry } from "./telemetry.ts";
import { traceModel } from "./trace_model.ts";

/** Variables that the chat reads. */
type ChatEnv = z.output<
  z.ZodObject<
    typeof platformEnv & typeof siteEnv & typeof providerEnv & typeof chatEnv & typeof tracingEnv
  >
>;

/** Function that the chat is composed for. */
interface ChatFunction {
  readonly name: string;
  /** Connection for everything but model-written statements and telemetry. */
  readonly sql: Database;
  readonly persistTelemetry: PersistTelemetry;
  readonly log: Logger;
}

/** Connects the chat to its models and the database. */
export function composeChat(
  env: ChatEnv,
  { name, sql, persistTelemetry, log }: ChatFunction,
): AskDeps {
  return {
    model: composeModel(env, name, log),
    store: createChatStore({
      sql,
      connectQueries: () =>
        connectDatabase(env, {
          name: `${name}-queries`,
          statementTimeoutMs: env.CHAT_QUERY_TIMEOUT_MS,
        }),
    }),
    checkQuery,
    persistTelemetry,
    settings: {
      sqlModel: env.CHAT_SQL_MODEL,
      responseModel: env.CHAT_RESPONSE_MODEL,
      siteUrl: env.SITE_URL,
      maxRows: env.CHAT_MAX_ROWS,
      queryTimeoutMs: env.CHAT_QUERY_TIMEOUT_MS,
    },
    maxQuestionsPerMinute: env.CHAT_MAX_QUESTIONS_PER_MINUTE,
    now: () => performance.now(),
    randomId: () => crypto.randomUUID(),
  };
}

/** Connects and compiles the gate, so that the first question does not wait for it. */
export async function warmUp({ store, checkQuery }: AskDeps, log: Logger): Promise<void> {
  try {
    const [schema] = await Promise.all([store.schema(), store.prices(), store.glossary()]);
    const verdict = await checkQuery("select 1", schema);
    if (!verdict.ok) throw new Error("the gate refuses every statement", { cause: verdict.cause });
  } catch (error) {
    // The first question tries again.
    log.warn("warm-up failed", { cause: error });
  }
}

function composeModel(env: ChatEnv, name: string, log: Logger): ChatModel {
  const endpoint = endpointOf(env);
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
      serviceName: `modelpick-${name}`,
      onFailure: (error) =>
        log.warn("span was not exported: check OTEL_EXPORTER_OTLP_ENDPOINT and its headers", {
          cause: error,
        }),
    }),
  });
}

function endpointOf(env: ChatEnv): ProviderEndpoint {
  const provider = env.CHAT_PROVIDER;
  const endpoint = readProviderEndpoints(env)[provider];
  if (endpoint !== undefined) return endpoint;
  const prefix = provider.toUpperCase();
  throw new EnvError(`set ${prefix}_API_KEY or ${prefix}_BASE_URL`);
}
