/** Fields of an error's body, as PostgREST writes them. */
export interface ErrorBody {
  readonly code: string;
  readonly message: string;
  readonly details?: unknown;
  readonly hint?: string | null;
}

/** Error that PostgREST itself answers, with a code `PGRST…`. */
export class RestError extends Error {
  constructor(
    readonly status: number,
    code: string,
    message: string,
    details: unknown = null,
    hint: string | null = null,
  ) {
    super(message);
    this.body = { code, message, details, hint };
  }

  readonly body: ErrorBody;
}

/** Returns the response of an error. */
export function renderError(status: number, error: ErrorBody, headers?: HeadersInit): Response {
  const { code, message, details = null, hint = null } = error;
  const response = Response.json({ code, details, hint, message }, { status });
  response.headers.set("Content-Type", "application/json; charset=utf-8");
  if (status === 401) response.headers.set("WWW-Authenticate", "Bearer");
  for (const [name, value] of new Headers(headers)) response.headers.set(name, value);
  return response;
}
