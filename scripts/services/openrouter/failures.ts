import { z } from "zod";
import type { Dialect } from "./completion.ts";

export interface Failure {
  readonly status: number;
  readonly message: string;
  /** OpenRouter's `error.metadata`: the provider that failed and its message. */
  readonly metadata?: Record<string, unknown>;
  /** OpenAI's `error.type` and `error.code`. */
  readonly type?: string;
  readonly code?: string;
}

/** Returns the body of an error. OpenRouter's code is the HTTP status, OpenAI's is a word. */
export function failureBody(dialect: Dialect, failure: Failure): Record<string, unknown> {
  const { message } = failure;
  if (dialect === "openai") {
    return {
      error: {
        message,
        type: failure.type ?? "server_error",
        param: null,
        code: failure.code ?? null,
      },
    };
  }
  const metadata = failure.metadata === undefined ? {} : { metadata: failure.metadata };
  return { error: { message, code: failure.status, ...metadata } };
}

export function failureResponse(
  dialect: Dialect,
  failure: Failure,
  headers: Record<string, string> = {},
): Response {
  return Response.json(failureBody(dialect, failure), { status: failure.status, headers });
}

/** Returns the answer to a request whose body does not match its schema. */
export function invalidBody(dialect: Dialect, error: z.ZodError): Response {
  const message = z.prettifyError(error);
  return failureResponse(dialect, { status: 400, message, type: "invalid_request_error" });
}

type Upstream = (model: string, provider: string) => Failure;

/** Failures by the name of their outcome. */
export const failures = {
  rate_limited: (model, provider) => ({
    status: 429,
    message: "Provider returned error",
    metadata: {
      raw: `${model} is temporarily rate-limited upstream. Please retry shortly.`,
      provider_name: provider,
    },
    type: "requests",
    code: "rate_limit_exceeded",
  }),
  server_error: () => ({ status: 500, message: "Internal Server Error" }),
  bad_gateway: (_model, provider) => ({
    status: 502,
    message: "Provider returned error",
    metadata: { raw: "upstream connect error", provider_name: provider },
  }),
  unavailable: (model) => ({
    status: 503,
    message: `No instances available for ${model}`,
  }),
  payment_required: () => ({
    status: 402,
    message: "Insufficient credits. Add more using https://openrouter.ai/settings/credits",
    type: "insufficient_quota",
    code: "insufficient_quota",
  }),
  unauthorized: () => ({
    status: 401,
    message: "User not found.",
    type: "invalid_request_error",
    code: "invalid_api_key",
  }),
  retired: (model) => ({
    status: 400,
    message: `${model} is not a valid model ID`,
    type: "invalid_request_error",
  }),
  forbidden: (_model, provider) => ({
    status: 403,
    message: "Input was flagged by moderation",
    metadata: { reasons: ["violence"], flagged_input: "…", provider_name: provider },
    type: "invalid_request_error",
    code: "content_policy_violation",
  }),
} satisfies Record<string, Upstream>;
