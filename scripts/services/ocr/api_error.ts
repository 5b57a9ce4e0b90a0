/**
 * Error in the format of the OpenAI API, which its clients can handle: `{"error": {"message",
 * "type", "param", "code"}}`.
 */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Wrong parameter, and the seconds to wait before another try. */
    readonly details: { param?: string; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: details.cause });
  }

  toResponse(): Response {
    const type = this.status === 429
      ? "rate_limit_error"
      : this.status >= 500
      ? "server_error"
      : "invalid_request_error";
    const { param = null, retryAfter } = this.details;
    const { message, code, status } = this;
    const headers = retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
    return Response.json({ error: { message, type, param, code } }, { status, headers });
  }
}
