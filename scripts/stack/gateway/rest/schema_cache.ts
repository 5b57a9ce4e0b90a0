import { join } from "node:path";
import type { Sql } from "postgres";
import { z } from "zod";
import { RestError } from "./rest_error.ts";

const columnSchema = z.object({
  name: z.string(),
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
  isInsertable: z.boolean(),
  isUpdatable: z.boolean(),
  isDeletable: z.boolean(),
  columns: z.array(columnSchema),
  primaryKey: z.array(z.string()),
});

const foreignKeySchema = z.object({
  name: z.string(),
  schema: z.string(),
  table: z.string(),
  columns: z.array(z.string()),
  foreignSchema: z.string(),
  foreignTable: z.string(),
  foreignColumns: z.array(z.string()),
  /** Whether at most one row references another. */
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
  foreignKeys: z.array(foreignKeySchema),
  functions: z.array(functionSchema),
});

export type Column = z.infer<typeof columnSchema>;
export type Table = z.infer<typeof tableSchema>;
export type ForeignKey = z.infer<typeof foreignKeySchema>;
export type Parameter = z.infer<typeof parameterSchema>;
export type Routine = z.infer<typeof functionSchema>;
export type SchemaCache = z.infer<typeof cacheSchema>;

const QUERY = Deno.readTextFileSync(join(import.meta.dirname ?? ".", "schema_cache.sql"));

/** Reads tables, foreign keys and functions of the exposed schemas. */
export async function readSchemaCache(sql: Sql, schemas: readonly string[]): Promise<SchemaCache> {
  const cache = await sql.begin(async (transaction) => {
    await transaction`select set_config('search_path', '', true)`;
    const [row] = await transaction.unsafe(QUERY, [[...schemas]]);
    return row?.["cache"];
  });
  return cacheSchema.parse(JSON.parse(z.string().parse(cache)));
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
