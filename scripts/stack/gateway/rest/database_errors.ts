import { z } from "zod";
import { renderError } from "./rest_error.ts";

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
    ...["21", "F0", "HV", "P0", "XX"],
  ],
  503: ["08", "53", "57P01"],
};

/** Returns the HTTP status that PostgREST gives a database error. */
function statusOf({ code, message }: DatabaseError, role: string): number {
  if (code === "42501") return role === "anon" ? 401 : 403;
  if (code === "21000" && message.endsWith("requires a WHERE clause")) return 400;
  if (code === "22023" && /^role .* does not exist$/.test(message)) return 401;
  if (code.startsWith("PT")) {
    const status = Number(code.slice(2));
    return status >= 200 && status <= 599 ? status : 500;
  }
  const find = (wanted: string) =>
    Object.keys(CODES).map(Number).find((status) => CODES[status]?.includes(wanted));
  return find(code) ?? find(code.slice(0, 2)) ?? 400;
}

/** Returns the response that PostgREST gives a database error. */
export function renderDatabaseError(error: DatabaseError, role: string): Response {
  if (error.code === "PGRST") return renderRaised(error);
  return renderError(statusOf(error, role), {
    code: error.code,
    message: error.message,
    details: error.detail ?? null,
    hint: error.hint ?? null,
  });
}

const raisedBodySchema = z.object({
  code: z.string(),
  message: z.string(),
  details: z.string().nullish(),
  hint: z.string().nullish(),
});
const raisedHeadSchema = z.object({
  status: z.number().int().min(200).max(599),
  headers: z.record(z.string(), z.string()),
});

/** Returns the response that SQL has written itself, by `raise sqlstate 'PGRST'`. */
function renderRaised({ message, detail }: DatabaseError): Response {
  const body = raisedBodySchema.safeParse(parseJson(message));
  const head = raisedHeadSchema.safeParse(parseJson(detail ?? ""));
  if (body.success && head.success) {
    const { code, message, details = null, hint = null } = body.data;
    return renderError(head.data.status, { code, message, details, hint }, head.data.headers);
  }
  const [field, value] = body.success ? ["DETAIL", detail] : ["MESSAGE", message];
  return renderError(500, {
    code: "PGRST121",
    message: `Could not parse JSON in the "RAISE SQLSTATE 'PGRST'" error`,
    details: value === undefined
      ? "DETAIL is missing in the RAISE statement"
      : `Invalid JSON value for ${field}: '${value}'`,
    hint: body.success
      ? "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
      : "MESSAGE must be a JSON object with obligatory keys: 'code', 'message' and optional keys: 'details', 'hint'.",
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
