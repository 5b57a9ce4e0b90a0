import { z } from "zod";

/** Codes of postgres.js and of the socket for connections that were never opened. */
const NEVER_CONNECTED = new Set(["CONNECT_TIMEOUT", "ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH"]);

/** The server ended the connection, and says so whether the statement was over by then or not. */
const SHUTDOWN_STATE = /^57P0/;

/**
 * Returns whether a failed statement certainly changed nothing: it never left, or the server itself reported
 * the error and so rolled back. A connection that broke under way proves neither.
 */
export function isCertainlyUndone(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== null) return !SHUTDOWN_STATE.test(state);
  return NEVER_CONNECTED.has(codeOf(error));
}

/** Returns whether the database refused the data itself (SQLSTATE classes 22 and 23, or a function's own check). */
export function isDataFault(error: unknown): boolean {
  return /^(22|23|P0)/.test(sqlStateOf(error) ?? "");
}

/** Not supported, bad data, syntax, something that is not there or not granted, a function's own check. */
const FAULT_STATE = /^(0A|22|23|42|P0)/;

/**
 * Returns whether no repetition can succeed, because code and schema do not match: the database refuses
 * the statement itself, or its answer has another shape than is expected here.
 */
export function isLastingFault(error: unknown): boolean {
  return error instanceof z.ZodError || FAULT_STATE.test(sqlStateOf(error) ?? "");
}

function sqlStateOf(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== "PostgresError") return null;
  const code = codeOf(error);
  return /^[0-9A-Z]{5}$/.test(code) ? code : null;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
