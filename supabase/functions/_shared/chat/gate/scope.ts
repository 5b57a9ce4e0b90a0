import type { ColumnRef, Node } from "libpg-query";
import { quoteName, Refusal } from "./refusal.ts";

/** What a FROM makes visible: a relation, a subquery, a function's rows, or a join with an alias. */
export interface Source {
  /** Undefined for a subquery without one: its columns have no qualified names then. */
  readonly alias: string | undefined;
  readonly columns: readonly string[];
  /** A function that returns plain values, whose alias stands for the value itself. */
  readonly isValue: boolean;
  /** A view under its own name, which `chat.` may precede. */
  readonly isUnaliasedView: boolean;
}

/** Columns of the common table expressions that are visible, by name. */
export type CommonTables = ReadonlyMap<string, readonly string[]>;

/** What names mean at one place of a statement. */
export interface Scope {
  readonly sources: readonly Source[];
  readonly commonTables: CommonTables;
  /** The scope of the select around, whose columns are visible where no nearer one has the name. */
  readonly parent: Scope | undefined;
}

/**
 * Checks that a column reference names a column: Postgres reads what is none as a whole row or as
 * the call of a function with the row as its argument.
 *
 * @throws Refusal
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

/** The columns that `*`, `alias.*` or `chat.view.*` stands for; undefined where it is no star. */
export function expandStar(column: ColumnRef, scope: Scope): readonly string[] | undefined {
  const names = (column.fields ?? []).map(nameOf);
  if (names.at(-1) !== undefined || names.length < 2) return undefined;
  return findSource(names.slice(0, -1).map((name) => name ?? ""), scope).columns;
}

/** Whether a reference is `*` alone. */
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
