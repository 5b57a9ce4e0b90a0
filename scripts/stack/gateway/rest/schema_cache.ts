import { join } from "node:path";
import { z } from "zod";
import type { SteadyPool } from "../../steady_pool.ts";
import { RestError } from "./rest_error.ts";
import { addViewKeys, type ViewOrigins } from "./view_keys.ts";

const columnSchema = z.object({
  name: z.string(),
  number: z.number(),
  description: z.string().nullable(),
  /** Type without its modifiers; of a domain its base type. */
  type: z.string(),
  /** Type as declared. */
  nominalType: z.string(),
  isNullable: z.boolean(),
  /** Whether `->` has to convert the value to JSON first. */
  isComposite: z.boolean(),
  maxLength: z.number().nullable(),
  default: z.string().nullable(),
  enum: z.array(z.string()).nullable(),
});

const tableSchema = z.object({
  oid: z.number(),
  schema: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  isView: z.boolean(),
  /** Query of a view. */
  definition: z.string().nullable(),
  isInsertable: z.boolean(),
  isUpdatable: z.boolean(),
  isDeletable: z.boolean(),
  columns: z.array(columnSchema),
  primaryKey: z.array(z.string()),
});

/** Side of a key: a table and its columns, by name and by number. */
const sideSchema = z.object({
  oid: z.number(),
  schema: z.string(),
  table: z.string(),
  columns: z.array(z.string()),
  numbers: z.array(z.number()),
});

/** Primary key, or foreign key if it has a foreign side, of a table of any schema. */
const keySchema = sideSchema.extend({
  name: z.string(),
  foreign: sideSchema.nullable(),
  /** Whether at most one row has a value of the key. */
  isUnique: z.boolean(),
});

const parameterSchema = z.object({
  name: z.string(),
  type: z.string(),
  isRequired: z.boolean(),
  isVariadic: z.boolean(),
});

const functionSchema = z.object({
  oid: z.number(),
  schema: z.string(),
  name: z.string(),
  description: z.string().nullable(),
  volatility: z.enum(["i", "s", "v"]),
  isSet: z.boolean(),
  isVoid: z.boolean(),
  /** Whether it returns rows rather than single values. */
  isComposite: z.boolean(),
  /** Schema and name of the table or type whose rows it returns. */
  table: z.tuple([z.string(), z.string()]).nullable(),
  params: z.array(parameterSchema),
});

const cacheSchema = z.object({
  tables: z.array(tableSchema),
  keys: z.array(keySchema),
  functions: z.array(functionSchema),
});

export type Column = z.infer<typeof columnSchema>;
export type Table = z.infer<typeof tableSchema>;
export type KeySide = z.infer<typeof sideSchema>;
export type Key = z.infer<typeof keySchema>;
export type Parameter = z.infer<typeof parameterSchema>;
export type Routine = z.infer<typeof functionSchema>;

/** Foreign key between exposed tables or views. */
export interface ForeignKey {
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly foreignSchema: string;
  readonly foreignTable: string;
  readonly foreignColumns: readonly string[];
  /** Whether at most one row references another. */
  readonly isUnique: boolean;
}

/** What requests need to know of the exposed schemas. */
export interface SchemaCache {
  readonly tables: readonly Table[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly functions: readonly Routine[];
}

const QUERY = Deno.readTextFileSync(join(import.meta.dirname ?? ".", "schema_cache.sql"));

/** Reads tables, foreign keys and functions of the exposed schemas. Views have their tables' keys. */
export async function readSchemaCache(
  pool: SteadyPool,
  schemas: readonly string[],
): Promise<SchemaCache> {
  return await pool.begin(async (transaction) => {
    await transaction.unsafe("select set_config('search_path', '', true)");
    const [row] = await transaction.unsafe(QUERY, [[...schemas]]);
    const { tables, keys, functions } = cacheSchema.parse(
      JSON.parse(z.string().parse(row?.["cache"])),
    );
    const origins: ViewOrigins[] = [];
    for (const { oid, definition } of tables) {
      if (definition === null) continue;
      const { columns } = await transaction.describe(definition);
      origins.push({ oid, columns: columns.map(({ table, number }) => ({ oid: table, number })) });
    }
    return { ...addViewKeys(tables, keys, origins), functions };
  });
}

/**
 * Returns a table or view.
 *
 * @throws {RestError} `PGRST205` if there is none.
 */
export function findTable(cache: SchemaCache, schema: string, name: string): Table {
  const table = cache.tables.find((table) => table.schema === schema && table.name === name);
  if (table !== undefined) return table;
  const names = cache.tables.filter((table) => table.schema === schema).map(({ name }) => name);
  const similar = findSimilar(name, names);
  throw new RestError(
    404,
    "PGRST205",
    `Could not find the table '${schema}.${name}' in the schema cache`,
    null,
    similar === undefined ? null : `Perhaps you meant the table '${schema}.${similar}'`,
  );
}

/** Least similarity of a name that an error suggests, from 0 to 1. */
const SIMILAR = 0.75;

/** Returns the most similar name, by the words' shared pairs of letters; undefined if none is. */
export function findSimilar(name: string, names: readonly string[]): string | undefined {
  const wanted = pairsOf(name);
  const scored = names.map((candidate) => {
    const pairs = pairsOf(candidate);
    const shared = pairs.filter((pair) => wanted.includes(pair)).length;
    return { candidate, score: 2 * shared / (pairs.length + wanted.length) };
  }).sort((a, b) => b.score - a.score);
  const [best] = scored;
  return best !== undefined && best.score >= SIMILAR ? best.candidate : undefined;
}

function pairsOf(name: string): string[] {
  const padded = `-${name.toLowerCase()}-`;
  return Array.from({ length: padded.length - 1 }, (_, at) => padded.slice(at, at + 2));
}
