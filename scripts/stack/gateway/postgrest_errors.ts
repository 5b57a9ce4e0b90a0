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

/** HTTP status by SQLSTATE or by its first two characters. Source: PostgREST 14, "Errors". */
const STATUS: Readonly<Record<string, number>> = {
  "08": 503,
  "09": 500,
  "0L": 403,
  "0P": 403,
  "23503": 409,
  "23505": 409,
  "25": 500,
  "25006": 405,
  "28": 403,
  "2D": 500,
  "38": 500,
  "39": 500,
  "3B": 500,
  "40": 500,
  "42883": 404,
  "42P01": 404,
  "42P17": 500,
  "53": 503,
  "53400": 500,
  "54": 500,
  "55": 500,
  "57": 500,
  "58": 500,
  "F0": 500,
  "HV": 500,
  "P0": 500,
  "P0001": 400,
  "XX": 500,
};

/** Returns the HTTP status that PostgREST gives a database error. */
function statusOf(code: string, role: string): number {
  if (code === "42501") return role === "anon" ? 401 : 403;
  return STATUS[code] ?? STATUS[code.slice(0, 2)] ?? 400;
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
