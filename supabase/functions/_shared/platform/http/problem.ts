import type { FieldError } from "./field_error.ts";

/**
 * All error codes, each with its HTTP status and title.
 * Codes are a contract with clients: add freely, never rename.
 */
const PROBLEMS = {
  "request.malformed": [400, "The request could not be read"],
  "request.origin_not_allowed": [403, "Origin not allowed"],
  "request.method_not_allowed": [405, "Method not allowed"],
  "request.too_large": [413, "Request body too large"],
  "request.unsupported_media_type": [415, "Unsupported media type"],
  "request.invalid": [422, "The request is invalid"],
  "request.idempotency_conflict": [422, "Idempotency key used with another request"],
  "request.rate_limited": [429, "Too many requests"],
  "request.too_slow": [408, "Request body too slow"],
  "request.busy": [503, "Busy with large requests"],
  "request.instance_spent": [503, "Instance has used its CPU time"],
  "auth.required": [401, "Authentication required"],
  "auth.invalid": [401, "Invalid credentials"],
  "auth.forbidden": [403, "Not allowed"],
  "auth.unavailable": [503, "Sign-in service unavailable"],
  "account.not_found": [404, "Account not found"],
  "account.budget_reached": [429, "Spending ceiling of the account reached"],
  "account.role_required": [403, "Role too small"],
  "key.in_url": [400, "Key in the URL"],
  "key.scope_required": [403, "Scope missing"],
  "resource.not_found": [404, "Not found"],
  "resource.conflict": [409, "Conflict with the current state"],
  "checkout.over_budget": [422, "The benchmark costs more than its ceiling"],
  "checkout.already_paid": [409, "The benchmark is paid for"],
  "chat.no_statement": [422, "No query answers the question"],
  "chat.statement_refused": [422, "The query was refused"],
  "chat.statement_failed": [422, "The query failed"],
  "chat.statement_timed_out": [422, "The query took too long"],
  "chat.budget_reached": [429, "Spending ceiling reached"],
  "chat.price_unknown": [503, "A model has no price"],
  "chat.unavailable": [502, "The model did not answer"],
  "payment.unavailable": [502, "Payment provider unavailable"],
  "webhook.invalid_signature": [400, "Invalid signature"],
  "webhook.not_recorded": [500, "Event not recorded"],
  "test_runs.unreadable_report": [400, "The report could not be read"],
  "test_runs.finished": [409, "The test run has ended"],
  "test_runs.ordinal_taken": [409, "The place belongs to another result"],
  "datasets.unreadable": [400, "The dataset could not be read"],
  "prompt_runs.missing_field": [422, "The rows lack a field of the prompt"],
  "prompt_runs.over_budget": [422, "The run costs more than its ceiling"],
  "prompt_runs.not_comparable": [422, "The runs cannot be compared"],
  "storage.unavailable": [503, "Storage unavailable"],
  "database.unavailable": [503, "Database unavailable"],
  "internal.unexpected": [500, "Unexpected error"],
} as const satisfies Record<`${string}.${string}`, readonly [status: number, title: string]>;

/** Error code in the form `domain.reason`. */
export type ProblemCode = keyof typeof PROBLEMS;

/** Details of a problem. Everything except `cause` is sent to the client. */
export interface ProblemOptions {
  /** Errors of single fields. */
  readonly errors?: readonly FieldError[];
  /** Further members of the document, such as the numbers behind a refusal. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Goes to the log, never to the client. */
  readonly cause?: unknown;
}

/** Error that is answered to the client. Thrown anywhere below a handler, rendered by the pipeline. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly errors: readonly FieldError[];
  readonly members: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  /** @param detail a sentence for the client about this occurrence. */
  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    const [status, title] = PROBLEMS[code];
    this.code = code;
    this.status = status;
    this.title = title;
    this.errors = options.errors ?? [];
    this.members = options.members ?? {};
    this.headers = options.headers ?? {};
  }
}

/** 400: not JSON, not UTF-8, a header that makes no sense. */
export function malformed(detail: string, cause?: unknown): Problem {
  return new Problem("request.malformed", detail, { cause });
}

/** 422: read, understood, refused; `errors` names each field. */
export function invalid(
  errors: readonly FieldError[],
  detail?: string,
  members: ProblemOptions["members"] = {},
): Problem {
  const count = errors.length === 1 ? "One field is" : `${errors.length} fields are`;
  return new Problem("request.invalid", detail ?? `${count} invalid.`, { errors, members });
}

/** 422: the `Idempotency-Key` has been used with another body. */
export function idempotencyConflict(): Problem {
  return new Problem(
    "request.idempotency_conflict",
    "This Idempotency-Key was used before with another request. Send a new key.",
    { errors: [{ path: "Idempotency-Key", code: "conflict", message: "Used with another body." }] },
  );
}

/** 405 with `Allow`. */
export function methodNotAllowed(allowed: readonly string[]): Problem {
  const list = allowed.join(", ");
  return new Problem("request.method_not_allowed", `Allowed: ${list}.`, {
    headers: { allow: list },
  });
}

/** 413 */
export function tooLarge(maxBytes: number): Problem {
  return new Problem("request.too_large", `The body may have at most ${maxBytes} bytes.`);
}

/** 415 */
export function unsupportedMediaType(expected: string): Problem {
  return new Problem("request.unsupported_media_type", `Send ${expected}.`, {
    headers: { accept: expected },
  });
}

/** 401: no credentials, or ones that do not hold. */
export function unauthenticated(
  code: "auth.required" | "auth.invalid",
  detail: string,
  cause?: unknown,
): Problem {
  const challenge = code === "auth.required" ? "Bearer" : 'Bearer error="invalid_token"';
  return new Problem(code, detail, { headers: { "www-authenticate": challenge }, cause });
}

/** 404, for what is not there and for what is another's: the two are not told apart. */
export function notFound(what: string): Problem {
  return new Problem("resource.not_found", `${what} was not found.`);
}

/** 429 with `Retry-After`. */
export function rateLimited(seconds: number): Problem {
  return new Problem("request.rate_limited", `Ask again in ${seconds} s.`, {
    headers: { "retry-after": String(seconds) },
    members: { retry_after_seconds: seconds },
  });
}

/** 502 or 503 with `Retry-After`: a service behind us failed, and the same request may succeed. */
export function unavailable(
  code: Extract<ProblemCode, `${string}.unavailable`>,
  cause: unknown,
  retryAfterSeconds = 2,
): Problem {
  return new Problem(code, "Nothing is lost: try again in a moment.", {
    headers: { "retry-after": String(retryAfterSeconds) },
    cause,
  });
}

/** Turns any thrown value into a problem. An unexpected error tells the client no details. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem("internal.unexpected", "The error was logged. Quote the request id.", {
    cause: error,
  });
}

/** Problem document of RFC 9457. */
export interface ProblemDocument {
  /** URN of the code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Path of the request. */
  readonly instance: string;
  readonly code: ProblemCode;
  readonly request_id: string;
  readonly errors: readonly FieldError[];
  readonly [member: string]: unknown;
}

/** Request in which a problem came up. */
export interface ProblemContext {
  readonly requestId: string;
  /** Path of the request. */
  readonly instance: string;
}

/** Returns the document that a client gets, without the cause. */
export function describeProblem(problem: Problem, context: ProblemContext): ProblemDocument {
  return {
    ...problem.members,
    type: `urn:modelpick:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    detail: problem.message,
    instance: context.instance,
    code: problem.code,
    request_id: context.requestId,
    errors: problem.errors,
  };
}

/** Renders a problem as the response. */
export function renderProblem(problem: Problem, context: ProblemContext): Response {
  return new Response(JSON.stringify(describeProblem(problem, context)), {
    status: problem.status,
    headers: { ...problem.headers, "content-type": "application/problem+json" },
  });
}
