import { z } from "zod";
import { PROVIDER_NAMES } from "../models/providers.ts";
import { urlVariable } from "../platform/env.ts";

/** Models and limits of the chat. */
export const chatEnv = {
  /** Provider of the models below. */
  CHAT_PROVIDER: z.enum(PROVIDER_NAMES).default("openai"),
  /** Model that writes the SQL, named as in the price list. */
  CHAT_SQL_MODEL: z.string().min(1).default("openai/gpt-6-luna"),
  /** Model that writes the answer. */
  CHAT_RESPONSE_MODEL: z.string().min(1).default("openai/gpt-6-luna"),
  /** Questions of one user over all conversations. */
  CHAT_MAX_QUESTIONS_PER_MINUTE: z.coerce.number().int().min(1).max(1000).default(10),
  /** Rows at which a result is cut. The database returns 500 at most. */
  CHAT_MAX_ROWS: z.coerce.number().int().min(1).max(500).default(200),
  CHAT_QUERY_TIMEOUT_MS: z.coerce.number().int().min(100).max(30_000).default(5000),
  /** Longest time for one whole answer of a model. */
  CHAT_MODEL_TIMEOUT_SECONDS: z.coerce.number().positive().max(120).default(60),
} as const;

/** Limit of the statements that users send over MCP. */
export const queryEnv = {
  /** Statements of one user. */
  CHAT_MAX_QUERIES_PER_MINUTE: z.coerce.number().int().min(1).max(10_000).default(60),
} as const;

/** Destination of spans, in OpenTelemetry's own names. Nothing is traced without an endpoint. */
export const tracingEnv = {
  /** URL without `/v1/traces`. */
  OTEL_EXPORTER_OTLP_ENDPOINT: urlVariable.optional(),
  /** `name=value` pairs, separated by commas. Values are percent-encoded. */
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
  /** True if spans carry prompts and answers, which contain customers' data. */
  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: z.stringbool().default(false),
} as const;
