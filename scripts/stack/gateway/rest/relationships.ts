import type { SelectRelation } from "./url_grammar.ts";
import { RestError } from "./rest_error.ts";
import { findSimilar, type ForeignKey, type SchemaCache } from "./schema_cache.ts";

type Cardinality = "many-to-one" | "one-to-one" | "one-to-many" | "many-to-many";

/** Way from the rows of one table to those of another. */
export interface Relationship {
  readonly cardinality: Cardinality;
  readonly foreignSchema: string;
  readonly foreignTable: string;
  /** Pairs of a column of the origin and one of the foreign table or of the junction. */
  readonly columns: readonly (readonly [string, string])[];
  /** Table between the two. */
  readonly junction?: {
    readonly schema: string;
    readonly table: string;
    /** Pairs of a column of the junction and one of the foreign table. */
    readonly columns: readonly (readonly [string, string])[];
    readonly description: string;
  };
  /** Constraint that makes it. Empty with a junction. */
  readonly constraint: string;
}

/** Returns whether at most one row is on the other side. */
export function isToOne({ cardinality }: Relationship): boolean {
  return cardinality === "many-to-one" || cardinality === "one-to-one";
}

/**
 * Returns the relationship that an embedded resource names.
 *
 * @throws {RestError} `PGRST200` if there is none, `PGRST201` if there are several.
 */
export function findRelationship(
  cache: SchemaCache,
  schema: string,
  origin: string,
  { name, hint }: SelectRelation,
): Relationship {
  const all = relationshipsOf(cache, schema, origin);
  const meant = all.filter((relationship) => isMeant(relationship, origin, name, hint));
  // A constraint or column also names the views over its table: the table is meant.
  const tables = meant.filter(({ foreignSchema, foreignTable }) =>
    cache.tables.some((t) => t.schema === foreignSchema && t.name === foreignTable && !t.isView)
  );
  const found = meant.length > 1 && tables.length > 0 ? tables : meant;
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  if (first !== undefined) throw ambiguous(origin, name, found);
  const using = hint === undefined ? "" : `' using the hint '${hint}`;
  throw new RestError(
    400,
    "PGRST200",
    `Could not find a relationship between '${origin}' and '${name}' in the schema cache`,
    `Searched for a foreign key relationship between '${origin}' and '${name}${using}' in the ` +
      `schema '${schema}', but no matches were found.`,
    suggest(cache, schema, origin, name, all),
  );
}

function relationshipsOf(cache: SchemaCache, schema: string, origin: string): Relationship[] {
  const isOrigin = (s: string, table: string) => s === schema && table === origin;
  const direct = cache.foreignKeys.flatMap((key): Relationship[] => {
    const { columns, foreignColumns, name: constraint, isUnique } = key;
    const found: Relationship[] = [];
    if (isOrigin(key.schema, key.table)) {
      found.push({
        cardinality: isUnique ? "one-to-one" : "many-to-one",
        foreignSchema: key.foreignSchema,
        foreignTable: key.foreignTable,
        columns: pair(columns, foreignColumns),
        constraint,
      });
    }
    if (isOrigin(key.foreignSchema, key.foreignTable)) {
      found.push({
        cardinality: isUnique ? "one-to-one" : "one-to-many",
        foreignSchema: key.schema,
        foreignTable: key.table,
        columns: pair(foreignColumns, columns),
        constraint,
      });
    }
    return found;
  });
  return [...direct, ...junctionsOf(cache, isOrigin)];
}

function junctionsOf(
  cache: SchemaCache,
  isOrigin: (schema: string, table: string) => boolean,
): Relationship[] {
  const toOrigin = cache.foreignKeys.filter((key) => isOrigin(key.foreignSchema, key.foreignTable));
  return toOrigin.flatMap((near) => {
    const junction = cache.tables.find((t) => t.schema === near.schema && t.name === near.table);
    const inKey = (key: ForeignKey) =>
      key.columns.every((column) => junction?.primaryKey.includes(column));
    return cache.foreignKeys
      .filter((far) =>
        far !== near && far.schema === near.schema && far.table === near.table &&
        inKey(near) && inKey(far)
      )
      .map((far): Relationship => ({
        cardinality: "many-to-many",
        foreignSchema: far.foreignSchema,
        foreignTable: far.foreignTable,
        columns: pair(near.foreignColumns, near.columns),
        junction: {
          schema: near.schema,
          table: near.table,
          columns: pair(far.columns, far.foreignColumns),
          description: `${near.table} using ${near.name}(${near.columns.join(", ")}) and ` +
            `${far.name}(${far.columns.join(", ")})`,
        },
        constraint: "",
      }));
  });
}

function pair(left: readonly string[], right: readonly string[]): [string, string][] {
  return left.map((column, at) => [column, right[at] ?? ""]);
}

function isMeant(
  relationship: Relationship,
  origin: string,
  target: string,
  hint: string | undefined,
): boolean {
  const { cardinality, foreignTable, constraint, junction, columns } = relationship;
  const [only] = columns.length === 1 ? columns : [];
  const isBySingleColumn = (name: string) =>
    only?.[0] === name && (cardinality === "many-to-one" || cardinality === "one-to-one");
  if (hint !== undefined) {
    const isReferenced = only?.[1] === hint && junction === undefined;
    return foreignTable === target &&
      (constraint === hint || isBySingleColumn(hint) || isReferenced || junction?.table === hint);
  }
  if (foreignTable === origin) {
    // Of a table's own rows, the name of the table means those below, that of the column the one above.
    return cardinality === "one-to-many" ? foreignTable === target : isBySingleColumn(target);
  }
  return foreignTable === target || constraint === target || isBySingleColumn(target);
}

function ambiguous(origin: string, target: string, found: readonly Relationship[]): RestError {
  const names = found.map(({ foreignTable, junction, constraint }) =>
    `'${foreignTable}!${junction?.table ?? constraint}'`
  );
  return new RestError(
    300,
    "PGRST201",
    `Could not embed because more than one relationship was found for '${origin}' and '${target}'`,
    found.map((relationship) => ({
      cardinality: relationship.cardinality,
      embedding: `${origin} with ${relationship.foreignTable}`,
      relationship: describe(origin, relationship),
    })),
    `Try changing '${target}' to one of the following: ${names.join(", ")}. ` +
      "Find the desired relationship in the 'details' key.",
  );
}

function describe(
  origin: string,
  { junction, constraint, columns, foreignTable }: Relationship,
): string {
  const [near, far] = [0, 1].map((side) => columns.map((pair) => pair[side]).join(", "));
  return junction?.description ??
    `${constraint} using ${origin}(${near}) and ${foreignTable}(${far})`;
}

function suggest(
  cache: SchemaCache,
  schema: string,
  origin: string,
  target: string,
  all: readonly Relationship[],
): string | null {
  const similar = all.length > 0
    ? findSimilar(target, all.map(({ foreignTable }) => foreignTable))
    : undefined;
  if (similar !== undefined && similar !== target) {
    return `Perhaps you meant '${similar}' instead of '${target}'.`;
  }
  const tables = cache.foreignKeys.filter((key) => key.schema === schema).map((key) => key.table);
  const other = all.length > 0 ? undefined : findSimilar(origin, tables);
  return other === undefined || other === origin
    ? null
    : `Perhaps you meant '${other}' instead of '${origin}'.`;
}
