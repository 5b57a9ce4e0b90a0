import type { TokenUsage } from "../models/calls/model_call.ts";
import { Problem } from "../platform/http/problem.ts";
import type { ChatStep } from "./events.ts";
import type { Fault } from "./gate/refusal.ts";

/** Error thrown when a model gave no usable answer. The message is for the log: it may quote the provider. */
export class ModelError extends Error {
  override readonly name = "ModelError";
  /** Tokens that the provider counted nevertheless; null if it counted none. */
  readonly usage: TokenUsage | null;
  /** True if the provider certainly charged nothing. */
  readonly isFree: boolean;

  constructor(
    message: string,
    { usage = null, isFree = false, ...options }: ErrorOptions & {
      readonly usage?: TokenUsage | null;
      readonly isFree?: boolean;
    } = {},
  ) {
    super(message, options);
    this.usage = usage;
    this.isFree = isFree;
  }
}

/** Error thrown when the database refused a statement or stopped it. */
export class QueryError extends Error {
  override readonly name = "QueryError";
  /**
   * @param sqlState five letters or digits, as Postgres lists them
   * @param message the database's own, which may quote rows
   */
  constructor(readonly sqlState: string, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

/** Kinds of failures in telemetry. */
export type ErrorType =
  | "sql_generation"
  | "sql_validation"
  | "sql_execution"
  | "response_generation"
  | "unexpected";

/** Reason why a question has no answer. The message is for telemetry and holds nothing from rows. */
export class TurnFailure extends Error {
  override readonly name = "TurnFailure";
  /**
   * @param problem what the user is told: fixed texts; its cause goes to the log
   * @param hint what the model is told for another attempt; null where another attempt cannot help
   */
  constructor(
    readonly type: ErrorType,
    readonly step: ChatStep,
    readonly problem: Problem,
    message: string,
    readonly hint: string | null = null,
  ) {
    super(message);
  }
}

/** Returns the failure of a model that wrote no statement. */
export function noStatement(message: string): TurnFailure {
  return new TurnFailure(
    "sql_generation",
    "understanding",
    new Problem("chat.no_statement", "This could not be turned into a query over your data."),
    message,
    "There was no statement. Where the data described holds the answer, write one.",
  );
}

/** Returns the failure of a statement that the gate refused. */
export function statementRefused(faults: readonly Fault[], cause: unknown): TurnFailure {
  const [first] = faults;
  return new TurnFailure(
    "sql_validation",
    "looking_up",
    new Problem(
      "chat.statement_refused",
      `The query that was written is not allowed here. ${first?.reason ?? ""}`.trimEnd(),
      { members: { faults }, cause },
    ),
    faults.map(({ code, reason }) => `${code}: ${reason}`).join("\n"),
    faults.map(({ code, reason, hint }) => `\n- ${code}: ${reason} ${hint}`).join(""),
  );
}

/** Returns the failure of a statement that the database refused or stopped. */
export function statementFailed(error: QueryError): TurnFailure {
  const { sqlState } = error;
  if (sqlState === QUERY_CANCELED) return statementTimedOut(error);
  const [, message] = SQL_FAILURES.find(([states]) => states.test(sqlState)) ??
    [null, "The query could not be run."];
  return new TurnFailure(
    "sql_execution",
    "looking_up",
    new Problem("chat.statement_failed", message, {
      members: { sql_state: sqlState },
      cause: error,
    }),
    // Not the database's own message: that of a failed cast quotes a row.
    `${sqlState}: ${message}`,
    message === NOT_AVAILABLE ? null : explainToModel(error, message),
  );
}

function statementTimedOut(error: QueryError): TurnFailure {
  const message =
    "The query took too long and was stopped. Ask about a shorter time, or about fewer things at once.";
  return new TurnFailure(
    "sql_execution",
    "looking_up",
    new Problem("chat.statement_timed_out", message, {
      members: { sql_state: error.sqlState },
      cause: error,
    }),
    `${error.sqlState}: ${message}`,
    "It took too long and was stopped. It is not run again, nor the same with other literals: filter and aggregate before joining, join on ids, and read fewer relations.",
  );
}

/** Returns whatever was thrown in a step as a failure of that step. */
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

const QUERY_CANCELED = "57014";

/** Message for the failures after which no other statement would succeed. */
const NOT_AVAILABLE = "The database is not available at the moment.";

/**
 * Messages for the user by SQLSTATE: the first entry whose pattern matches applies. They are fixed,
 * because the database's own may quote rows.
 */
const SQL_FAILURES: readonly (readonly [states: RegExp, message: string])[] = [
  [/^22012$/, "The query divided by zero."],
  [/^22003$/, "The query computed a number that is too large."],
  [/^(22|21)/, "The query put a value where another kind of value belongs."],
  [/^42501$/, "The query asked for more than may be read."],
  [/^42/, "The query did not fit the data that may be asked."],
  [/^0A/, "The query used what is not available here."],
  [/^25006$/, "The query tried to change data."],
  [/^54/, "The query was too complex, or put more than 256 kB into one value."],
  [/^(08|53|57|58|XX)/, NOT_AVAILABLE],
];

/**
 * Returns what the model is told for its next attempt. Errors about names and syntax (class 42)
 * quote the statement alone, so their message is passed on; for all others it is the fixed one.
 */
function explainToModel({ sqlState, message }: QueryError, fixed: string): string {
  return sqlState.startsWith("42") ? message.replace(/\s+/g, " ").slice(0, 300) : fixed;
}
