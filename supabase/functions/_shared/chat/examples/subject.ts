/** One part of the product that questions may be about. */
export interface Subject {
  /** Name and description, as the model reads them beside the relations: `Benchmarks: …`. */
  readonly description: string;
  /** Examples about it, the most useful first. */
  readonly examples: readonly Omit<FewShotExample, "relations">[];
}

/** Question with a statement that answers it: shown to the model, and suggested to the user. */
export interface FewShotExample {
  readonly question: string;
  readonly sql: string;
  /** One sentence: how the statement answers the question. */
  readonly reason: string;
  /** Names of the relations that the statement reads, without a schema. */
  readonly relations: readonly string[];
}

/** Returns the names after FROM and JOIN, except those of common table expressions. */
export function relationsOf(sql: string): string[] {
  const names = Array.from(
    sql.matchAll(/\b(?:(?<!distinct )from|join) (\w+)/g),
    ([, name = ""]) => name,
  );
  return [...new Set(names)].filter((name) => !sql.includes(`${name} as (`));
}
