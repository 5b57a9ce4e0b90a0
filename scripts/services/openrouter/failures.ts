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

/** Error of a request that cannot be answered because of what it asks. */
export class RefusedRequest extends Error {
  override name = "RefusedRequest";

  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** Returns the body of an error. OpenRouter's code is the HTTP status, OpenAI's is a word. */
export function failureBody(dialect: Dialect, failure: Failure): Record<string, unknown> {
  const { message } = failure;
  if (dialect === "openai") {
    const { type = "server_error", code = null } = failure;
    return { error: { message, type, param: null, code } };
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

/** Returns the failure of an outcome, or undefined if the outcome is an answer. */
export function failureOf(outcome: string, model: string, provider: string): Failure | undefined {
  const type = "invalid_request_error";
  const upstream = (raw: string) => ({
    message: "Provider returned error",
    metadata: { raw, provider_name: provider },
  });
  switch (outcome) {
    case "rate_limited": {
      const raw = `${model} is temporarily rate-limited upstream. Please retry shortly.`;
      return { status: 429, ...upstream(raw), type: "requests", code: "rate_limit_exceeded" };
    }
    case "server_error":
      return { status: 500, message: "Internal Server Error" };
    case "bad_gateway":
    case "error_in_body":
      return { status: 502, ...upstream("upstream connect error") };
    case "unavailable":
      return { status: 503, message: `No instances available for ${model}` };
    case "payment_required": {
      const message = "Insufficient credits. Add more using https://openrouter.ai/settings/credits";
      return { status: 402, message, type: "insufficient_quota", code: "insufficient_quota" };
    }
    case "unauthorized":
      return { status: 401, message: "User not found.", type, code: "invalid_api_key" };
    case "retired":
      return { status: 400, message: `${model} is not a valid model ID`, type };
    case "forbidden": {
      const metadata = { reasons: ["violence"], flagged_input: "…", provider_name: provider };
      const message = "Input was flagged by moderation";
      return { status: 403, message, metadata, type, code: "content_policy_violation" };
    }
    default:
      return undefined;
  }
}
