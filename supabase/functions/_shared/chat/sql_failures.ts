/** What a user and the model are told about a statement that the database gave up. */
export interface SqlFailure {
  /** For the user: fixed, since the database's own words may quote rows. */
  readonly message: string;
  /** Whether another statement may do better. */
  readonly isRepairable: boolean;
}

const FAILURES: readonly (readonly [state: RegExp, failure: SqlFailure])[] = [
  [/^57014$/, {
    message: "The query took too long and was stopped. Ask for a shorter time or fewer things.",
    isRepairable: true,
  }],
  [/^22012$/, { message: "The query divided by zero.", isRepairable: true }],
  [/^22003$/, { message: "The query computed a number that is too large.", isRepairable: true }],
  [/^(22|21)/, {
    message: "The query put a value where another kind of value belongs.",
    isRepairable: true,
  }],
  [/^42501$/, { message: "The query asked for more than may be read.", isRepairable: true }],
  [/^42/, { message: "The query did not fit the data that may be asked.", isRepairable: true }],
  [/^0A/, { message: "The query used what is not available here.", isRepairable: true }],
  [/^25006$/, { message: "The query tried to change data.", isRepairable: true }],
  [/^54/, { message: "The query was too complex.", isRepairable: true }],
  [/^(08|53|57|58|XX)/, {
    message: "The database is not available at the moment.",
    isRepairable: false,
  }],
];

const UNKNOWN: SqlFailure = { message: "The query could not be run.", isRepairable: true };

/** Looks a SQLSTATE up. */
export function describeSqlFailure(sqlState: string): SqlFailure {
  return FAILURES.find(([state]) => state.test(sqlState))?.[1] ?? UNKNOWN;
}

/**
 * What the model is told for its second attempt. Only the class of errors about names and syntax
 * quotes nothing but the statement itself; of every other the fixed sentence is passed on.
 */
export function explainToModel(sqlState: string, databaseMessage: string): string {
  return /^42/.test(sqlState)
    ? databaseMessage.replace(/\s+/g, " ").slice(0, 300)
    : describeSqlFailure(sqlState).message;
}
