import type { ColumnRef, Node } from "libpg-query";
import { quoteName, Refusal } from "./refusal.ts";

/** Source of columns in a FROM: a relation, a subquery, a function's rows, or a join with an alias. */
export interface Source {
  /** Undefined for a subquery without an alias, whose columns have no qualified names. */
  readonly alias: string | undefined;
  readonly columns: readonly string[];
  /** True for a function that returns plain values: its alias stands for the value itself. */
  readonly isValue: boolean;
  /** True for a view without an alias, whose name may be written with `chat.` before it. */
  readonly isUnaliasedView: boolean;
}

/** Columns of the visible common table expressions, by name. */
export type CommonTables = ReadonlyMap<string, readonly string[]>;

/** Names that are visible at one place of a statement. */
export interface Scope {
  readonly sources: readonly Source[];
  readonly commonTables: CommonTables;
  /** Scope of the enclosing select. Its columns are visible unless a nearer scope has the same name. */
  readonly parent: Scope | undefined;
}

/**
 * Stands among the columns of what was refused, such as an unknown relation: each name counts as one of its
 * columns, so that a refusal does not name faults that follow from another. No identifier contains NUL.
 */
export const ANY_COLUMN = "\0any";

/** Returns whether a name is among columns, or may be. */
export function hasColumn(columns: readonly string[], name: string): boolean {
  return columns.includes(name) || columns.includes(ANY_COLUMN);
}

/**
 * Checks that a column reference names a column. Postgres would read anything else as a whole row, or
 * as the call of a function with the row as its argument.
 *
 * @throws {Refusal} if it does not
 */
export function checkColumn(column: ColumnRef, scope: Scope): void {
  const names = (column.fields ?? []).map(nameOf);
  const [last] = names.slice(-1);
  const qualifiers = names.slice(0, -1).map((name) => name ?? "");
  if (last === undefined) {
    if (qualifiers.length === 0) {
      throw new Refusal(
        "chat.whole_row",
        "The star * stands alone only in SELECT * and count(*).",
        "Name the columns, or write the relation's alias.",
      );
    }
    findSource(qualifiers, scope);
    throw wholeRow(`${qualifiers.join(".")}.*`);
  }
  if (qualifiers.length === 0) {
    if (findsColumn(last, scope)) return;
    if (findAlias(last, scope) !== undefined) throw wholeRow(last);
    throw unknownColumn(last, scope.sources);
  }
  const source = findSource(qualifiers, scope);
  if (!hasColumn(source.columns, last)) throw unknownColumn(last, [source]);
}

/**
 * Returns whether a reference stands for a whole row: `alias.*`, or an alias that is the name of no column
 * in any enclosing select.
 */
export function isWholeRow(column: ColumnRef, scope: Scope): boolean {
  const names = (column.fields ?? []).map(nameOf);
  const [first] = names;
  if (names.length > 1) {
    return names.at(-1) === undefined && expandStar(column, scope) !== undefined;
  }
  return first !== undefined && !findsColumn(first, scope) && findAlias(first, scope) !== undefined;
}

/** Returns the columns that `alias.*` or `chat.view.*` stands for; undefined for anything else. */
export function expandStar(column: ColumnRef, scope: Scope): readonly string[] | undefined {
  const names = (column.fields ?? []).map(nameOf);
  if (names.at(-1) !== undefined || names.length < 2) return undefined;
  return findSource(names.slice(0, -1).map((name) => name ?? ""), scope).columns;
}

/** Returns whether a reference is `*` alone. */
export function isBareStar(column: ColumnRef): boolean {
  const [field, ...others] = column.fields ?? [];
  return field !== undefined && "A_Star" in field && others.length === 0;
}

function nameOf(field: Node): string | undefined {
  return "String" in field ? field.String.sval ?? "" : undefined;
}

/** Yields a scope and those around it, the nearest first. */
function* scopesFrom(scope: Scope): Generator<Scope> {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) yield at;
}

/**
 * Returns whether a name is that of a column, or of a value that a function in FROM returns. Postgres looks
 * for a column in all scopes before it looks for an alias.
 */
function findsColumn(name: string, scope: Scope): boolean {
  return scopesFrom(scope).some(({ sources }) =>
    sources.some(({ columns }) => hasColumn(columns, name))
  ) || findAlias(name, scope)?.isValue === true;
}

function findAlias(alias: string, scope: Scope, isQualified = false): Source | undefined {
  for (const { sources } of scopesFrom(scope)) {
    const found = sources.find((source) =>
      source.alias === alias && (!isQualified || source.isUnaliasedView)
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

function findSource(qualifiers: readonly string[], scope: Scope): Source {
  const [first = "", second] = qualifiers;
  const isQualified = second !== undefined;
  if (qualifiers.length <= 2 && !(isQualified && first !== "chat")) {
    const found = findAlias(second ?? first, scope, isQualified) ??
      // A source that was refused may have any alias.
      scopesFrom(scope).flatMap(({ sources }) => sources)
        .find(({ alias, columns }) => alias === undefined && columns.includes(ANY_COLUMN));
    if (found !== undefined) return found;
  }
  const aliases = [...scopesFrom(scope)].flatMap(({ sources }) => sources)
    .flatMap(({ alias }) => alias === undefined ? [] : [quoteName(alias)]);
  throw new Refusal(
    "chat.unknown_relation",
    `There is no relation or alias ${quoteName(qualifiers.join("."))} at this place.`,
    aliases.length === 0
      ? "Name the relation in FROM first."
      : `Here these are known: ${[...new Set(aliases)].join(", ")}.`,
  );
}

function wholeRow(name: string): Refusal {
  return new Refusal(
    "chat.whole_row",
    `The name ${quoteName(name)} stands for a whole row here, which cannot be used like a value.`,
  );
}

function unknownColumn(name: string, sources: readonly Source[]): Refusal {
  const known = [...new Set(sources.flatMap(({ columns }) => columns))].slice(0, 60).map(quoteName);
  return new Refusal(
    "chat.unknown_column",
    `There is no column ${quoteName(name)} here.`,
    known.length === 0 ? "Name a relation in FROM first." : `Columns here: ${known.join(", ")}.`,
  );
}
