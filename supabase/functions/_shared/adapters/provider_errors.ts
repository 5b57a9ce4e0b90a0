import OpenAI from "openai";
import { z } from "zod";
import type {
  Charge,
  CompletionOutcome,
  Rejection,
  TransientFailure,
} from "../benchmark/model_provider.ts";
import { readRetryAfter } from "../jobs/retry_after.ts";

/** An error as OpenRouter (`code` is a number), OpenAI and their kind write it. */
export const PROVIDER_ERROR_SCHEMA = z.object({
  code: z.union([z.number(), z.string()]).nullish(),
  type: z.string().nullish(),
  message: z.string().nullish().catch(null),
  metadata: z.object({
    raw: z.unknown().optional(),
    provider_name: z.string().nullish(),
    // What OpenRouter's moderation says.
    reasons: z.array(z.string()).nullish().catch(null),
    flagged_input: z.string().nullish().catch(null),
    headers: z.record(z.string(), z.unknown()).nullish(),
  }).nullish().catch(null),
});
export type ProviderError = z.output<typeof PROVIDER_ERROR_SCHEMA>;

/** An error to be judged. */
export interface ErrorReport {
  readonly error: ProviderError;
  /** Of the HTTP answer: 200 for an error that came after generation had begun. */
  readonly status: number;
  readonly retryAfterMs: number | null;
  /** USD, where the answer named it. */
  readonly cost: number | null;
  /** Keys that a provider may quote and nobody may read. */
  readonly secrets: readonly string[];
}

/** Codes that mean the same whatever the status: the account or its key is of no use. */
const FATAL_CODES = new Set([
  "insufficient_quota",
  "billing_hard_limit_reached",
  "billing_not_active",
  "account_deactivated",
  "invalid_api_key",
  "wrong_api_key",
  "payment_required",
]);

/** How some providers say it with a status that means something else. */
const FATAL_MESSAGES = /api key (not valid|expired|is invalid)|key limit exceeded|invalid api key/i;

/** How a provider says that a filter, its own or the model's, let the content through to nobody. */
const FILTER_CODES = new Set([
  "content_filter",
  "content_policy_violation",
  "moderation_blocked",
]);
const FILTER_MESSAGES =
  /\b(moderation|flagged|content (policy|filter|management)|usage polic|safety system)/i;
const FILTER_STATUS = new Set([400, 403, 422, 451]);

/** What was sent is at fault: too large, unreadable, or with a parameter that the model lacks. */
const UNFIT_STATUS = new Set([400, 413, 415, 422]);

/** A timeout on the provider's side: the work may have been done and billed all the same. */
const AMBIGUOUS_STATUS = new Set([408, 504, 524]);

const MAX_MESSAGE = 500;

/**
 * Judges an error that a provider sent:
 *
 * | status or code | outcome |
 * | --- | --- |
 * | 401, 402, no credit, invalid key | fatal: no call can succeed |
 * | 408, 504 | transient, perhaps billed |
 * | 409, 425, 429, other 5xx | transient, not billed |
 * | 400, 403, 422, 451 of a content filter | rejected: filtered |
 * | other 400, 413, 415, 422 | rejected: the model cannot take the request |
 * | every other | rejected: no such model for us |
 *
 * Inside HTTP 200 the status is taken from `code`, and the call may have been billed.
 */
export function classifyError(report: ErrorReport): CompletionOutcome {
  const { error, cost } = report;
  const isInBody = report.status < 400;
  const status = isInBody ? statusIn(error) : report.status;
  const message = describe(error, status, report.secrets);
  const words = [error.code, error.type].filter((word) => typeof word === "string");
  if (
    status === 401 || status === 402 || words.some((word) => FATAL_CODES.has(word)) ||
    FATAL_MESSAGES.test(message)
  ) {
    return { kind: "fatal", message };
  }
  const isAmbiguous = isInBody ? cost !== 0 : AMBIGUOUS_STATUS.has(status);
  const charge: Charge = isAmbiguous ? "unknown" : "none";
  if (isTransient(status)) {
    const reason = status === 408 || status === 504 || status === 524
      ? "timeout"
      : status === 429
      ? "busy"
      : "server";
    const retryAfterMs = report.retryAfterMs ?? retryAfterIn(error);
    return { kind: "transient", reason, message, retryAfterMs, charge, cost };
  }
  return { kind: "rejected", reason: whyRejected(error, status, words), message, charge, cost };
}

function whyRejected(
  { message, metadata }: ProviderError,
  status: number,
  words: readonly string[],
): Rejection["reason"] {
  const isFiltered = metadata?.flagged_input != null || (metadata?.reasons?.length ?? 0) > 0 ||
    words.some((word) => FILTER_CODES.has(word)) || FILTER_MESSAGES.test(message ?? "");
  if (isFiltered && FILTER_STATUS.has(status)) return "filtered";
  return UNFIT_STATUS.has(status) ? "unfit" : "unavailable";
}

/** What was thrown instead of an answer, by the SDK, by fetch or by reading the body. */
export function classifyThrown(
  error: unknown,
  context: {
    /** Whether the caller gave the call up. */
    readonly isAborted: boolean;
    readonly secrets: readonly string[];
    /** Milliseconds since 1970. */
    readonly nowMs: number;
  },
): CompletionOutcome {
  if (context.isAborted) {
    return failed("aborted", "The worker was stopped during the call.", "unknown");
  }
  if (error instanceof OpenAI.APIConnectionTimeoutError) {
    return failed("timeout", "The provider did not answer in time.", "unknown");
  }
  // Without a status it is an error among the chunks of a stream that had begun well.
  const isProviders = error instanceof OpenAI.APIError &&
    (error.status !== undefined || error.error !== undefined);
  if (isProviders) {
    const parsed = PROVIDER_ERROR_SCHEMA.safeParse(error.error);
    return classifyError({
      error: parsed.success ? parsed.data : { message: error.message },
      status: error.status ?? 200,
      retryAfterMs: error.headers === undefined
        ? null
        : readRetryAfter(error.headers, context.nowMs),
      cost: null,
      secrets: context.secrets,
    });
  }
  if (error instanceof SyntaxError) {
    return failed("garbled", "The provider's answer is not JSON.", "unknown");
  }
  const text = messagesOf(error).join(": ");
  // fetch names the stage it failed at: before there was a connection, nothing was sent.
  const wasSent = !/client error \(Connect\)|dns error|ECONNREFUSED/i.test(text);
  return failed(
    "network",
    shorten(`No connection to the provider: ${text}`, context.secrets),
    wasSent ? "unknown" : "none",
  );
}

function failed(
  reason: TransientFailure["reason"],
  message: string,
  charge: Charge,
): CompletionOutcome {
  return { kind: "transient", reason, message, retryAfterMs: null, charge, cost: null };
}

function isTransient(status: number): boolean {
  return status === 408 || status === 409 || status === 425 || status === 429 || status >= 500;
}

/** The status that an error inside HTTP 200 stands for; unknown ones count as the provider's fault. */
function statusIn(error: ProviderError): number {
  const code = Number(error.code);
  return Number.isInteger(code) && code >= 400 && code < 600 ? code : 502;
}

/** OpenRouter passes on the upstream's limits beside the error. */
function retryAfterIn(error: ProviderError): number | null {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(error.metadata?.headers ?? {})) {
    headers.set(name.toLowerCase(), String(value));
  }
  return readRetryAfter({ get: (name) => headers.get(name) ?? null }, Date.now());
}

function describe(error: ProviderError, status: number, secrets: readonly string[]): string {
  const { metadata } = error;
  const parts = [`${status}`, error.message ?? "The provider gave no reason."];
  if (metadata?.provider_name != null) parts.push(`(${metadata.provider_name})`);
  if (typeof metadata?.raw === "string") parts.push(metadata.raw);
  return shorten(parts.join(" "), secrets);
}

function shorten(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) {
    if (secret.length >= 6) clean = clean.replaceAll(secret, "[key]");
  }
  return clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE)}…` : clean;
}

function messagesOf(error: unknown): string[] {
  const messages: string[] = [];
  for (let at = error; at instanceof Error && messages.length < 4; at = at.cause) {
    messages.push(at.message);
  }
  return messages.length === 0 ? [String(error)] : messages;
}
