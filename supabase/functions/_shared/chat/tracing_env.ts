import { z } from "zod";
import { urlVariable } from "../platform/env.ts";

/** Where spans go, by OpenTelemetry's own names. Nothing is traced without an endpoint. */
export const tracingEnv = {
  /** Without `/v1/traces`. */
  OTEL_EXPORTER_OTLP_ENDPOINT: urlVariable.optional(),
  /** `name=value` pairs, separated by commas; values are percent-encoded. */
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
  /** Whether spans carry prompts and answers, which hold customers' data. */
  OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: z.stringbool().default(false),
} as const;
