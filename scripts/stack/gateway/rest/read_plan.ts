import { RestError } from "./rest_error.ts";
import { findRelationship, isToOne, type Relationship } from "./relationships.ts";
import { type SchemaCache, type Table } from "./schema_cache.ts";
import type {
  Condition,
  OrderTerm,
  Placed,
  SelectField,
  SelectRelation,
  UrlQuery,
} from "./url_grammar.ts";

/** What to read of a resource, and of those embedded in it. */
export interface ReadPlan {
  /** Schema of the table; undefined for rows that the same statement has made. */
  readonly schema: string | undefined;
  readonly name: string;
  /** Name that the resource's columns are qualified with. */
  readonly alias: string;
  /** Table whose columns the resource has; undefined for rows of an unknown type. */
  readonly table: Table | undefined;
  readonly fields: readonly SelectField[];
  readonly embeds: readonly Embed[];
  readonly conditions: readonly Condition[];
  readonly order: readonly OrderTerm[];
  readonly limit: number | undefined;
  readonly offset: number;
}

/** Embedded resource. */
export interface Embed {
  readonly selected: SelectRelation;
  readonly relationship: Relationship;
  /** Name in the response. */
  readonly key: string;
  /** Name of the joined subquery. */
  readonly join: string;
  readonly plan: ReadPlan;
}

/** Rows that a request is about. */
export interface Source {
  readonly schema: string;
  /** Table that the rows are of; undefined for a function's rows of another type. */
  readonly table: Table | undefined;
  /** Name of the rows in the statement if it has made them itself. */
  readonly made: string | undefined;
}

/**
 * Plans how to read a resource.
 *
 * @param maxRows most rows of each resource.
 * @throws {RestError} for relationships and embedded resources that do not exist.
 */
export function planRead(
  cache: SchemaCache,
  source: Source,
  query: UrlQuery,
  maxRows: number | undefined,
): ReadPlan {
  const { schema, table, made } = source;
  const names = new Map<string, number>();
  const rename = (name: string) => {
    const count = (names.get(name) ?? 0) + 1;
    names.set(name, count);
    return `${name}_${count}`;
  };
  const build = (
    base: Pick<ReadPlan, "schema" | "name" | "alias" | "table">,
    items: UrlQuery["select"],
    path: readonly string[],
  ): ReadPlan => {
    const relations = items.filter((item) => item.kind === "relation");
    const limit = valuesAt(query.limits, path).at(-1);
    return {
      ...base,
      fields: items.filter((item) => item.kind === "field"),
      embeds: relations.map((selected) => {
        if (base.table === undefined) throw unknownRelationship(base.name, selected.name, schema);
        const { schema: from, name: origin } = base.table;
        const relationship = findRelationship(cache, from, origin, selected);
        const alias = rename(relationship.foreignTable);
        const found = cache.tables.find((t) =>
          t.schema === relationship.foreignSchema && t.name === relationship.foreignTable
        );
        const key = selected.alias ?? selected.name;
        const foreign = {
          schema: relationship.foreignSchema,
          name: relationship.foreignTable,
          alias,
          table: found,
        };
        return {
          selected,
          relationship,
          key,
          join: `${alias}_rows`,
          plan: build(foreign, selected.items, [...path, key]),
        };
      }),
      conditions: valuesAt(query.conditions, path),
      order: valuesAt(query.orders, path).flat(),
      limit: maxRows === undefined ? limit : Math.min(limit ?? maxRows, maxRows),
      offset: valuesAt(query.offsets, path).at(-1) ?? 0,
    };
  };
  const name = made ?? table?.name ?? "";
  const root = { schema: made === undefined ? schema : undefined, name, alias: name, table };
  const renamed = renameTargets(query);
  checkPaths(renamed, query);
  const plan = build(root, query.select, []);
  return plan;

  function valuesAt<T>(placed: readonly Placed<T>[], path: readonly string[]): T[] {
    return placed
      .filter((one) => JSON.stringify(renamed(one.path)) === JSON.stringify(path))
      .map(({ value }) => value);
  }
}

/** Returns a function that replaces names of embedded tables in a path by their aliases. */
function renameTargets({ select }: UrlQuery): (path: readonly string[]) => string[] {
  return (path) => {
    let items: UrlQuery["select"] = select;
    return path.map((name) => {
      const relations = items.filter((item) => item.kind === "relation");
      const found = relations.find((item) => (item.alias ?? item.name) === name) ??
        relations.find((item) => item.name === name);
      items = found?.items ?? [];
      return found === undefined ? name : found.alias ?? found.name;
    });
  };
}

function checkPaths(rename: (path: readonly string[]) => string[], query: UrlQuery): void {
  const known = new Set<string>();
  const walk = (items: UrlQuery["select"], path: readonly string[]) => {
    known.add(JSON.stringify(path));
    for (const item of items) {
      if (item.kind === "relation") walk(item.items, [...path, item.alias ?? item.name]);
    }
  };
  walk(query.select, []);
  for (const { path } of [query.conditions, query.orders, query.limits, query.offsets].flat()) {
    if (known.has(JSON.stringify(rename(path)))) continue;
    const name = path.at(-1) ?? "";
    throw new RestError(
      400,
      "PGRST108",
      `'${name}' is not an embedded resource in this request`,
      null,
      `Verify that '${name}' is included in the 'select' query parameter.`,
    );
  }
}

function unknownRelationship(origin: string, target: string, schema: string): RestError {
  return new RestError(
    400,
    "PGRST200",
    `Could not find a relationship between '${origin}' and '${target}' in the schema cache`,
    `Searched for a foreign key relationship between '${origin}' and '${target}' in the schema ` +
      `'${schema}', but no matches were found.`,
  );
}

/** Returns the columns of the resource that a plan reads; `*` for all. */
export function columnsOf(plan: ReadPlan): string[] {
  const names = new Set(plan.fields.map(({ field }) => field.name));
  for (const { relationship } of plan.embeds) {
    for (const [column] of relationship.columns) names.add(column);
  }
  for (const { relation, field } of plan.order) if (relation === undefined) names.add(field.name);
  return names.has("*") ? ["*"] : [...names];
}

/** @throws {RestError} `PGRST118` if the rows cannot be ordered by an embedded resource. */
export function findOrderJoin(plan: ReadPlan, name: string): Embed {
  const embed = plan.embeds.find(({ key, selected }) => key === name || selected.name === name);
  if (embed === undefined) {
    throw new RestError(
      400,
      "PGRST108",
      `'${name}' is not an embedded resource in this request`,
      null,
      `Verify that '${name}' is included in the 'select' query parameter.`,
    );
  }
  if (isToOne(embed.relationship)) return embed;
  throw new RestError(
    400,
    "PGRST118",
    `A related order on '${name}' is not possible`,
    `'${
      plan.table?.name ?? plan.name
    }' and '${name}' do not form a many-to-one or one-to-one relationship`,
  );
}
