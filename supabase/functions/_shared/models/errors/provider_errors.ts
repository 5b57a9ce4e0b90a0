import { readRateLimitPause } from "../../platform/jobs/rate_limit_pause.ts";
import { readRetryAfter, readSpokenMoment } from "../../platform/jobs/retry_after.ts";
import type {
  Charge,
  CompletionOutcome,
  Rejection,
  TransientFailure,
} from "../calls/model_call.ts";
import { CallTimeoutError, OversizedAnswerError, ProviderError } from "../calls/endpoint_client.ts";
import { type ErrorKind, judgeStatus, judgeWords } from "./provider_error_rules.ts";
import { type ErrorWords, readErrorWords } from "./provider_error_words.ts";
import { publicConnectionError, publicMessage } from "./public_message.ts";

/** Outcome of a call that brought no answer. */
export type Failure = Exclude<CompletionOutcome, { readonly kind: "answer" }>;

/** An error of a provider. */
export interface ErrorReport {
  /** Parsed body, or its text if it cannot be parsed. */
  readonly error: unknown;
  /** HTTP status: 200 for an error after generation had begun. */
  readonly status: number;
  readonly retryAfterMs: number | null;
  /** USD, if the answer stated it. */
  readonly cost: number | null;
  /** Keys to remove from messages, since a provider may quote them. */
  readonly secrets: readonly string[];
  /** Milliseconds since 1970. Default now. */
  readonly nowMs?: number;
}

/** Shortest wait after a daily limit, which some providers report with a wait of seconds. */
const DAILY_WAIT_MS = 60 * 60 * 1000;

/**
 * Judges an error that a provider sent: by its words, or else by the status in its body, or else by
 * the HTTP status.
 *
 * | error | outcome |
 * | --- | --- |
 * | credit, bill, spending limit, key, account or organisation suspended; 401, 402, 412 | fatal |
 * | too many requests or tokens, under whatever status; 429 | transient: busy, not billed |
 * | overloaded, model loading, bot check of a proxy; 409, 425, 498, 5xx | transient: server |
 * | 408, 504, 524 | transient: timeout, perhaps billed |
 * | no such model, retired, no access to it; region, tier, data policy; 403, 404 | rejected: unavailable |
 * | more asked for at once than the tier grants in a minute | rejected: unavailable |
 * | image could not be downloaded or read | rejected: image_unreadable |
 * | `response_format` or schema | rejected: schema_refused |
 * | a parameter or a limit | rejected: parameter_refused |
 * | content filter, moderation | rejected: filtered |
 * | too long, too large; 400, 413, 415, 422 | rejected: unfit |
 *
 * A refusal costs nothing. Inside HTTP 200 a provider's own failure may have been billed, since
 * generation had begun.
 */
export function classifyError(report: ErrorReport): Failure {
  const { cost } = report;
  const nowMs = report.nowMs ?? Date.now();
  const words = readErrorWords(report.error, nowMs);
  const isInBody = report.status < 300;
  // A web page with HTTP 200 is not a provider's failure: another server is at the address.
  const status = isInBody ? words.status ?? (words.isPage ? 404 : 502) : report.status;
  const shown = isInBody && words.isPage
    ? `${report.status} A web page came instead of an answer:`
    : `${status}`;
  const message = publicMessage(describe(words, shown), report.secrets);
  const spoken = judgeWords(words, status);
  const kind: ErrorKind["is"] = spoken?.is ?? judgeStatus(status, words.isPage);

  if (kind === "account" && words.upstream === null) {
    return { kind: "fatal", message, retryAtMs: readRetryAt(words, nowMs) };
  }
  const isPassing = kind === "busy" || kind === "server" || kind === "timeout";
  const mayHaveRun = kind === "timeout" ||
    (isInBody && !words.isPage && (kind === "server" || spoken === null));
  const isBilled = cost === null ? mayHaveRun : cost > 0;
  const charge: Charge = isBilled ? "unknown" : "none";
  if (isPassing) {
    const retryAfterMs = report.retryAfterMs ?? (kind === "timeout" ? null : waitOf(words, nowMs));
    const isUnexplained = isInBody && isBilled && words.status === null &&
      (spoken === null || words.codes.size === 0);
    return {
      kind: "transient",
      reason: kind,
      message,
      retryAfterMs,
      charge,
      cost,
      ...isUnexplained ? { isUnexplained } : {},
    };
  }
  const rejection: Rejection = {
    kind: "rejected",
    // An aggregator's other companies are not affected by the account of one.
    reason: kind === "account" ? "unavailable" : kind,
    message,
    charge,
    cost,
  };
  return spoken?.is === "parameter_refused" ? { ...rejection, refused: spoken.refused } : rejection;
}

/** Returns true if `error` is not empty: some providers send an empty error with a good answer. */
export function saysAnything(error: unknown): boolean {
  if (error == null || error === "" || error === false) return false;
  const { messages, codes, status } = readErrorWords(error, 0);
  return messages.length > 0 || codes.size > 0 || status !== null;
}

function waitOf(words: ErrorWords, nowMs: number): number | null {
  const moment = readSpokenMoment(words.messages.join("\n"), nowMs);
  const wait = words.waitMs ?? (moment === null ? null : moment - nowMs);
  const isDaily = [...words.codes].some((code) => code.includes("perday"));
  return isDaily ? Math.max(wait ?? 0, DAILY_WAIT_MS) : wait;
}

function readRetryAt(words: ErrorWords, nowMs: number): number | null {
  const moment = readSpokenMoment(words.messages.join("\n"), nowMs);
  return moment ?? (words.waitMs === null ? null : nowMs + words.waitMs);
}

/** Judges what a client of an endpoint threw instead of an answer. */
export function classifyThrown(
  error: unknown,
  context: {
    /** True if the caller aborted the call. */
    readonly isAborted: boolean;
    readonly secrets: readonly string[];
    /** Milliseconds since 1970. */
    readonly nowMs: number;
  },
): Failure {
  if (context.isAborted) {
    return failed("aborted", "The worker was stopped during the call.", "unknown");
  }
  if (error instanceof ProviderError) {
    const { status, body, headers } = error;
    return classifyError({
      error: body,
      status,
      retryAfterMs: readRetryAfter(headers, context.nowMs) ??
        readRateLimitPause(headers, context.nowMs),
      cost: null,
      secrets: context.secrets,
      nowMs: context.nowMs,
    });
  }
  if (error instanceof OversizedAnswerError) {
    return failed("garbled", "The provider's answer is longer than 2 MB.", "unknown");
  }
  if (error instanceof SyntaxError) {
    return failed("garbled", "The provider's answer is not JSON.", "unknown");
  }
  const text = listCauses(error).map((cause) =>
    cause instanceof Error ? cause.message : String(cause)
  )
    .join(": ");
  // The operating system has a limit of its own for connecting.
  if (error instanceof CallTimeoutError || /timed? ?out/i.test(text)) {
    return failed("timeout", "The provider did not answer in time.", "unknown");
  }
  return failed(
    "network",
    publicConnectionError(`No connection to the provider: ${text}`, context.secrets),
    wasSent(text) ? "unknown" : "none",
  );
}

/**
 * Returns true if the provider may have received the whole request before the connection failed.
 *
 * The message of Deno's fetch names the stage. Nothing can be billed if there was no connection
 * (refused, DNS, TLS), if the body was not fully written, or if HTTP/2 refused the stream unread.
 */
function wasSent(text: string): boolean {
  const said = text.replace(/\bhttps?:\/\/[^\s)]+/gi, "");
  return !/client error \(Connect\)|dns error|failed to lookup|ECONNREFUSED|ENOTFOUND|EAI_AGAIN|connection refused|network (is )?unreachable|no route to host|certificate|tls handshake|handshake (failure|eof)|writing a body|broken pipe|EPIPE|operation was canceled|REFUSED_STREAM|refused stream/i
    .test(said);
}

function failed(
  reason: TransientFailure["reason"],
  message: string,
  charge: Charge,
): TransientFailure {
  return { kind: "transient", reason, message, retryAfterMs: null, charge, cost: null };
}

const REDIRECTED =
  "The endpoint redirects to another address, and is not followed there: check its base URL.";

function describe({ messages, upstream }: ErrorWords, status: string): string {
  const isRedirect = /^3\d\d$/.test(status);
  const [first = isRedirect ? REDIRECTED : "The provider gave no reason.", ...more] = messages;
  const via = upstream === null ? [] : [`(${upstream})`];
  return [status, first, ...via, ...more.filter((text) => !first.includes(text))].join(" ");
}

function listCauses(error: unknown): unknown[] {
  const causes: unknown[] = [error];
  for (let at = error; at instanceof Error && at.cause !== undefined && causes.length < 4;) {
    at = at.cause;
    causes.push(at);
  }
  return causes;
}
