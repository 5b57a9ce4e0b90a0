export type StripeErrorType = "api_error" | "idempotency_error" | "invalid_request_error";

/** Error in Stripe's format: `{error: {type, message, code?, param?}}`. */
export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    readonly status: number,
    readonly type: StripeErrorType,
    message: string,
    readonly details: { readonly code?: string; readonly param?: string } = {},
  ) {
    super(message);
  }

  get body(): { error: Record<string, string> } {
    return { error: { message: this.message, type: this.type, ...this.details } };
  }
}

export function invalidRequest(message: string, param?: string, code?: string): ApiError {
  return new ApiError(400, "invalid_request_error", message, {
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  });
}

export function missing(kind: string, id: string): ApiError {
  return new ApiError(404, "invalid_request_error", `No such ${kind}: '${id}'`, {
    code: "resource_missing",
    param: "id",
  });
}
