import type { ForeignKey, Key, KeySide, SchemaCache, Table } from "./schema_cache.ts";

/** Where the columns of a view come from, in their order: a table or view, and a column's number. */
export interface ViewOrigins {
  readonly oid: number;
  readonly columns: readonly { readonly oid: number; readonly number: number }[];
}

/**
 * Returns the tables and foreign keys of the exposed schemas. A view has the keys all of whose
 * columns it shows, as in PostgREST.
 *
 * @param keys keys of the tables of all schemas.
 */
export function addViewKeys(
  tables: readonly Table[],
  keys: readonly Key[],
  origins: readonly ViewOrigins[],
): Pick<SchemaCache, "tables" | "foreignKeys"> {
  const known = new Map(origins.map((view) => [view.oid, view]));
  /** Returns whether a column of a view shows a column of a table, through views over views. */
  const shows = (view: ViewOrigins, at: number, oid: number, number: number): boolean => {
    const origin = view.columns[at];
    if (origin === undefined) return false;
    if (origin.oid === oid && origin.number === number) return true;
    const inner = known.get(origin.oid);
    return inner !== undefined && shows(inner, origin.number - 1, oid, number);
  };
  const findColumn = (table: Table, view: ViewOrigins, oid: number, number: number) =>
    table.columns.find((_, at) => shows(view, at, oid, number))?.name;
  /** Returns the exposed table of a key's side and the views over it, with the key's columns. */
  const sidesOf = ({ oid, numbers }: KeySide): { table: Table; columns: readonly string[] }[] =>
    tables.flatMap((table) => {
      const view = known.get(table.oid);
      const columns = view === undefined
        ? table.oid === oid
          ? numbers.map((number) => table.columns.find((one) => one.number === number)?.name)
          : []
        : numbers.map((number) => findColumn(table, view, oid, number));
      const found = columns.filter((column) => column !== undefined);
      return found.length > 0 && found.length === numbers.length ? [{ table, columns: found }] : [];
    });
  const foreignKeys = keys.flatMap(({ foreign, name, isUnique, ...side }): ForeignKey[] => {
    if (foreign === null) return [];
    const others = sidesOf(foreign);
    return sidesOf(side).flatMap(({ table, columns }) =>
      others.map((other) => ({
        name,
        schema: table.schema,
        table: table.name,
        columns,
        foreignSchema: other.table.schema,
        foreignTable: other.table.name,
        foreignColumns: other.columns,
        isUnique,
      }))
    );
  });
  const primaryKeys = keys.filter(({ foreign }) => foreign === null);
  return {
    tables: tables.map((table) => {
      if (!table.isView) return table;
      const columns = primaryKeys.flatMap((key) =>
        sidesOf(key).filter((side) => side.table === table).flatMap((side) => side.columns)
      );
      return { ...table, primaryKey: [...new Set(columns)] };
    }),
    foreignKeys,
  };
}
