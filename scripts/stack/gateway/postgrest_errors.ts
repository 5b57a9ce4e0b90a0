/** Fields of a database error that PostgREST passes on. */
export interface DatabaseError {
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

/** Returns whether a thrown value is a database error. */
export function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && "code" in error && typeof error.code === "string" &&
    /^[0-9A-Z]{5}$/.test(error.code);
}

/**
 * SQLSTATEs, whole or their first two characters, by HTTP status. All others are 400. Source:
 * PostgREST 14, "Errors".
 */
const CODES: Readonly<Record<number, readonly string[]>> = {
  400: ["P0001"],
  403: ["0L", "0P", "28"],
  404: ["42883", "42P01"],
  405: ["25006"],
  409: ["23503", "23505"],
  500: [
    ...["09", "25", "2D", "38", "39", "3B", "40", "42P17", "53400", "54", "55", "57", "58"],
    ...["F0", "HV", "P0", "XX"],
  ],
  503: ["08", "53"],
};

/** Returns the HTTP status that PostgREST gives a database error. */
function statusOf(code: string, role: string): number {
  if (code === "42501") return role === "anon" ? 401 : 403;
  const find = (wanted: string) =>
    Object.keys(CODES).map(Number).find((status) => CODES[status]?.includes(wanted));
  return find(code) ?? find(code.slice(0, 2)) ?? 400;
}

/** Returns the response that PostgREST gives a database error. */
export function renderDatabaseError(error: DatabaseError, role: string): Response {
  const status = statusOf(error.code, role);
  return Response.json({
    code: error.code,
    details: error.detail ?? null,
    hint: error.hint ?? null,
    message: error.message,
  }, { status, headers: status === 401 ? { "WWW-Authenticate": "Bearer" } : {} });
}
