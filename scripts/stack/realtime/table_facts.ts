import type postgres from "postgres";

/** Facts about a table that are needed to send its changes. */
export interface TableFacts {
  readonly oid: number;
  readonly hasRls: boolean;
  /** Columns in their order. */
  readonly columns: readonly ColumnFacts[];
  /** Column names of the primary key, in its order. */
  readonly key: readonly string[];
}

export interface ColumnFacts {
  readonly name: string;
  /** Name in `pg_type`, such as `_int4` for an array; with its schema if that is not `pg_catalog`. */
  readonly type: string;
  /** Roles that may select the column. */
  readonly readers: readonly string[];
}

/**
 * Longest time in milliseconds that a change which the stream does not report, such as a role's
 * membership, stays unnoticed.
 */
const MAX_AGE_MS = 5_000;

/** Cache of table facts. An entry is dropped when the stream reports a possible change. */
export class Tables {
  readonly #known = new Map<string, { facts: TableFacts | undefined; at: number }>();

  constructor(private readonly sql: postgres.Sql) {}

  forget(schema: string, table: string): void {
    this.#known.delete(nameOf(schema, table));
  }

  /** Returns the facts of a table; undefined if it does not exist. */
  async find(schema: string, table: string): Promise<TableFacts | undefined> {
    const name = nameOf(schema, table);
    const known = this.#known.get(name);
    if (known !== undefined && performance.now() - known.at < MAX_AGE_MS) return known.facts;
    const at = performance.now();
    const [facts] = await this.sql<TableFacts[]>`
      select c.oid::int8::float8 as oid, c.relrowsecurity as "hasRls",
        array(
          select a.attname::text
          from pg_constraint p cross join unnest(p.conkey) with ordinality k (attnum, place)
          join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
          where p.conrelid = c.oid and p.contype = 'p' order by k.place
        ) as key,
        (
          select coalesce(jsonb_agg(jsonb_build_object(
            'name', a.attname,
            'type', case n.nspname when 'pg_catalog' then '' else n.nspname || '.' end || t.typname,
            'readers', (
              select coalesce(jsonb_agg(r.rolname), '[]') from pg_roles r
              where r.rolname !~ '^pg_' and has_column_privilege(r.oid, c.oid, a.attnum, 'select')
                and pg_has_role(current_user, r.oid, 'set')
            )
          ) order by a.attnum), '[]')
          from pg_attribute a join pg_type t on t.oid = a.atttypid
          join pg_namespace n on n.oid = t.typnamespace
          where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        ) as columns
      from pg_class c
      where c.relnamespace = to_regnamespace(quote_ident(${schema})) and c.relname = ${table}
        and c.relkind in ('r', 'p')`;
    this.#known.set(name, { facts, at });
    return facts;
  }

  /** Returns whether a publication contains a table; `*` matches any. */
  async isPublished(publication: string, schema: string, table: string): Promise<boolean> {
    const rows = await this.sql`
      select from pg_publication_tables
      where pubname = ${publication}
        and (${schema}::text = '*' or schemaname = ${schema}::text)
        and (${table}::text = '*' or tablename = ${table}::text)
      limit 1`;
    return rows.length > 0;
  }
}

function nameOf(schema: string, table: string): string {
  return JSON.stringify([schema, table]);
}
