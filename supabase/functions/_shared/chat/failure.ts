import { Problem } from "../platform/http/problem.ts";
import type { ChatStep } from "./events.ts";
import { ModelError, QueryError } from "./ports.ts";
import { describeSqlFailure, explainToModel } from "./sql_failures.ts";

/** How the log tells failures apart. */
export type ErrorType =
  | "sql_generation"
  | "sql_validation"
  | "sql_execution"
  | "response_generation"
  | "unexpected";

/** An answer could not be given. */
export class TurnFailure extends Error {
  override readonly name = "TurnFailure";
  constructor(
    readonly type: ErrorType,
    readonly step: ChatStep,
    /** What the user is told, which is fixed; its cause goes to the log. */
    readonly problem: Problem,
    /** For telemetry. */
    message: string,
    /** What the model is told for a second attempt; null where that is in vain. */
    readonly hint: string | null = null,
  ) {
    super(message);
  }
}

/** The model wrote nothing that could be tried. */
export function noStatement(message: string): TurnFailure {
  return new TurnFailure(
    "sql_generation",
    "understanding",
    new Problem("chat.no_statement", "This could not be turned into a query over your data."),
    message,
    "There was no statement. Where the data described holds the answer, write one.",
  );
}

/** The gate refused a statement. */
export function statementRefused(code: string, reason: string, cause: unknown): TurnFailure {
  return new TurnFailure(
    "sql_validation",
    "looking_up",
    new Problem("chat.statement_refused", "The query that was written is not allowed here.", {
      cause,
    }),
    `${code}: ${reason}`,
    reason,
  );
}

/** The database gave a statement up. */
export function statementFailed(error: QueryError): TurnFailure {
  const { message, isRepairable } = describeSqlFailure(error.sqlState);
  return new TurnFailure(
    "sql_execution",
    "looking_up",
    new Problem("chat.statement_failed", message, {
      members: { sql_state: error.sqlState },
      cause: error,
    }),
    // Not the database's words: those of a failed cast are the rows' own.
    `${error.sqlState}: ${message}`,
    isRepairable ? explainToModel(error.sqlState, error.message) : null,
  );
}

/** Whatever was thrown in a step, as a failure of that step. */
export function toFailure(error: unknown, step: ChatStep): TurnFailure {
  if (error instanceof TurnFailure) return error;
  if (error instanceof ModelError) {
    return new TurnFailure(
      step === "response" ? "response_generation" : "sql_generation",
      step,
      new Problem("chat.unavailable", "The model did not answer. Ask again in a moment.", {
        cause: error,
      }),
      error.message,
    );
  }
  const problem = error instanceof Problem
    ? error
    : new Problem("internal.unexpected", "The error was logged. Quote the request id.", {
      cause: error,
    });
  return new TurnFailure("unexpected", step, problem, problem.code);
}
