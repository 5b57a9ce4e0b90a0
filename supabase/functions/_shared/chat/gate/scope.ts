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
 * Checks that a column reference names a column. Postgres would read anything else as a whole row, or
 * as the call of a function with the row as its argument.
 *
 * @throws {Refusal} if it does not
 */
export function checkColumn(column: ColumnRef, scope: Scope): void {
  const names = (column.fields ?? []).map(nameOf);
  const last = names.at(-1);
  if (last === undefined || names.includes(undefined)) {
    throw new Refusal(
      "chat.whole_row",
      "A whole row (*) can only be selected or counted by count(*): name the columns instead.",
    );
  }
  if (names.length === 1) return checkUnqualified(last, scope);
  const source = findSource(names.slice(0, -1).map((name) => name ?? ""), scope);
  if (!source.columns.includes(last)) throw unknownColumn(last, [source]);
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

function checkUnqualified(name: string, scope: Scope): void {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    if (at.sources.some(({ columns }) => columns.includes(name))) return;
    const source = at.sources.find(({ alias }) => alias === name);
    if (source?.isValue === true) return;
    if (source !== undefined) {
      throw new Refusal(
        "chat.whole_row",
        `The name ${quoteName(name)} stands for a whole row here: name one of its columns.`,
      );
    }
  }
  throw unknownColumn(name, scope.sources);
}

function findSource(qualifiers: readonly string[], scope: Scope): Source {
  const [first = "", second] = qualifiers;
  const alias = second ?? first;
  const isQualified = qualifiers.length === 2;
  if (qualifiers.length <= 2 && !(isQualified && first !== "chat")) {
    for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
      const found = at.sources.find((source) =>
        source.alias === alias && (!isQualified || source.isUnaliasedView)
      );
      if (found !== undefined) return found;
    }
  }
  throw new Refusal(
    "chat.unknown_relation",
    `There is no relation or alias ${quoteName(qualifiers.join("."))} at this place.`,
  );
}

function unknownColumn(name: string, sources: readonly Source[]): Refusal {
  const known = [...new Set(sources.flatMap(({ columns }) => columns))].slice(0, 60).map(quoteName);
  const list = known.length === 0 ? "" : ` Columns here: ${known.join(", ")}.`;
  return new Refusal("chat.unknown_column", `There is no column ${quoteName(name)} here.${list}`);
}
