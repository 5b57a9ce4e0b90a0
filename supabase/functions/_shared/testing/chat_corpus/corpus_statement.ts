/** One statement that the walls of the chat are tried with. */
export interface CorpusStatement {
  /** What it does, in a few words; unique in its list. */
  readonly name: string;
  /** What kind of attack, or of question, it is. */
  readonly class: string;
  readonly sql: string;
}

/** Statements by class, each under its name. */
export type StatementsByClass = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The list of all statements in `byClass`. */
export function listStatements(byClass: StatementsByClass): readonly CorpusStatement[] {
  return Object.entries(byClass).flatMap(([kind, statements]) =>
    Object.entries(statements).map(([name, sql]) => ({ name, class: kind, sql }))
  );
}
