import type { ColumnRef, Node } from "libpg-query";
import { ANY_COLUMN, type Column, type Rows, type Source } from "./cost/sources.ts";
import type { Tally } from "./cost/tally.ts";
import { quoteName, Refusal } from "./refusal.ts";

/** Names that are visible at one place of a statement. */
export interface Scope {
  readonly sources: readonly Source[];
  readonly commonTables: ReadonlyMap<string, Rows>;
  /** Scope of the enclosing select. Its columns are visible unless a nearer scope has the same name. */
  readonly parent: Scope | undefined;
  /** What the select costs. */
  readonly tally: Tally;
}

/** Returns the column of a name; undefined if there is none. */
export function findColumn(columns: readonly Column[], name: string): Column | undefined {
  return columns.find((column) => column.name === name || column === ANY_COLUMN);
}

/** What a reference to a column stands for. */
interface Reference {
  /** Its source, and those that this depends on. */
  readonly reads: readonly Source[];
  /** The column; all columns of the source if it stands for a whole row. */
  readonly columns: readonly Column[];
  readonly isRow: boolean;
}

/**
 * Returns what a reference stands for as Postgres reads it: a column, the value of a function in FROM, or
 * a whole row.
 *
 * @param takesRow whether a whole row may stand there. Elsewhere Postgres would call a function with it
 * @throws {Refusal} if it stands for nothing or a row that may not stand there
 */
export function resolve({ fields }: ColumnRef, scope: Scope, takesRow: boolean): Reference {
  const names = (fields ?? []).map(nameOf);
  const last = names.at(-1);
  const qualifiers = names.slice(0, -1).map((name) => name ?? "");
  const row = (source: Source): Reference => {
    if (takesRow) return from(source, source.columns, true);
    const name = quoteName([...qualifiers, last ?? "*"].join("."));
    throw new Refusal(
      "chat.whole_row",
      `The name ${name} stands for a whole row here, which cannot be used like a value.`,
    );
  };
  if (qualifiers.length > 0) {
    const source = findSource(qualifiers, scope);
    if (last === undefined) return row(source);
    const column = findColumn(source.columns, last);
    if (column === undefined) throw unknownColumn(last, [source]);
    return from(source, [column]);
  }
  if (last === undefined) {
    throw new Refusal(
      "chat.whole_row",
      "The star * stands alone only in SELECT * and count(*).",
      "Name the columns, or write the relation's alias.",
    );
  }
  // Postgres looks for a column in all scopes before it looks for an alias.
  for (const source of sourcesFrom(scope)) {
    const column = findColumn(source.columns, last);
    if (column !== undefined) return from(source, [column]);
  }
  const source = sourcesFrom(scope).find(({ alias }) => alias === last);
  if (source === undefined) throw unknownColumn(last, scope.sources);
  return source.isValue ? from(source, source.columns) : row(source);
}

function from(source: Source, columns: readonly Column[], isRow = false): Reference {
  return { reads: [source, ...source.reads], columns, isRow };
}

/** Returns whether a reference is `*` or `alias.*`. */
export function isStar({ fields }: ColumnRef): boolean {
  const last = fields?.at(-1);
  return last !== undefined && "A_Star" in last;
}

function nameOf(field: Node): string | undefined {
  return "String" in field ? field.String.sval ?? "" : undefined;
}

/** Yields the sources of a scope and those around it, the nearest first. */
function* sourcesFrom(scope: Scope): Generator<Source> {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) yield* at.sources;
}

function findSource(qualifiers: readonly string[], scope: Scope): Source {
  const [first = "", second] = qualifiers;
  const isQualified = second !== undefined;
  if (qualifiers.length <= 2 && !(isQualified && first !== "chat")) {
    const found = sourcesFrom(scope).find(({ alias, isUnaliasedView }) =>
      alias === (second ?? first) && (!isQualified || isUnaliasedView)
    ) ??
      // A source that was refused may have any alias.
      sourcesFrom(scope).find(({ alias, columns }) =>
        alias === undefined && columns.includes(ANY_COLUMN)
      );
    if (found !== undefined) {
      return found;
    }
  }
  const aliases = [...sourcesFrom(scope)]
    .flatMap(({ alias }) => alias === undefined ? [] : [quoteName(alias)]);
  throw new Refusal(
    "chat.unknown_relation",
    `There is no relation or alias ${quoteName(qualifiers.join("."))} at this place.`,
    aliases.length === 0
      ? "Name the relation in FROM first."
      : `Here these are known: ${[...new Set(aliases)].join(", ")}.`,
  );
}

function unknownColumn(name: string, sources: readonly Source[]): Refusal {
  const known = [...new Set(sources.flatMap(({ columns }) => columns.map((each) => each.name)))]
    .slice(0, 60).map(quoteName);
  return new Refusal(
    "chat.unknown_column",
    `There is no column ${quoteName(name)} here.`,
    known.length === 0 ? "Name a relation in FROM first." : `Columns here: ${known.join(", ")}.`,
  );
}
