/**
 * Error in the format of the OpenAI API, which its clients can handle: `{"error": {"message",
 * "type", "param", "code"}}`.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  readonly param: string | null;
  /** Seconds to wait before another try. */
  readonly retryAfter: number | null;

  constructor(
    status: number,
    code: string,
    message: string,
    options: { param?: string; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.status = status;
    this.code = code;
    this.param = options.param ?? null;
    this.retryAfter = options.retryAfter ?? null;
  }

  toResponse(): Response {
    const type = this.status === 429
      ? "rate_limit_error"
      : this.status >= 500
      ? "server_error"
      : "invalid_request_error";
    const headers = this.retryAfter === null ? {} : { "retry-after": String(this.retryAfter) };
    return Response.json(
      { error: { message: this.message, type, param: this.param, code: this.code } },
      { status: this.status, headers },
    );
  }
}
