/** Statement that the gate and the database are tested with. */
export interface CorpusStatement {
  /** Short description, unique in its list. */
  readonly name: string;
  /** Kind of attack or question. */
  readonly class: string;
  readonly sql: string;
}

/** Statements by class, each under its name. */
export type StatementsByClass = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Returns all statements of `byClass` as a list. */
export function listStatements(byClass: StatementsByClass): readonly CorpusStatement[] {
  return Object.entries(byClass).flatMap(([kind, statements]) =>
    Object.entries(statements).map(([name, sql]) => ({ name, class: kind, sql }))
  );
}
