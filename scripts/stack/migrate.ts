import { createHash } from "node:crypto";
import { basename } from "node:path";
import postgres from "postgres";
import { z } from "zod";
import { whenMissing } from "../support/when_missing.ts";
import type { Log } from "./service.ts";

/** File of `supabase/migrations`. */
export interface Migration {
  /** Leading digits of its name. They give the order and are the key in the history. */
  readonly version: string;
  readonly name: string;
  readonly file: string;
}

/** Error of a migration or seed that Postgres refused. Nothing of that file was applied. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

/**
 * Lists the migrations of a directory in the order in which the Supabase CLI applies them. Returns
 * an empty list if the directory does not exist.
 */
export async function listMigrations(directory: string): Promise<Migration[]> {
  const entries = await Array.fromAsync(Deno.readDir(directory)).catch(whenMissing([]));
  return entries.map(({ name }) => name).sort().flatMap((file) => {
    const match = /^(\d+)_(.*)\.sql$/.exec(file);
    if (match === null) return [];
    const [, version = "", name = ""] = match;
    return [{ version, name, file: `${directory}/${file}` }];
  });
}

/**
 * Brings a database up to date: applies each migration that its history lacks, in order and each in
 * its own transaction, then the seed if it has never run. The history has the Supabase CLI's
 * format.
 *
 * @throws {MigrationError} with file and line; earlier migrations stay applied.
 */
export async function migrate(
  dbUrl: string,
  { migrationsDir, seedFile }: { readonly migrationsDir: string; readonly seedFile: string },
  log: Log,
): Promise<{ readonly applied: readonly Migration[] }> {
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} });
  try {
    await sql.unsafe(`
      create schema if not exists supabase_migrations;
      create table if not exists supabase_migrations.schema_migrations (version text primary key);
      alter table supabase_migrations.schema_migrations
        add column if not exists statements text[],
        add column if not exists name text;
      create table if not exists supabase_migrations.seed_files (
        path text primary key,
        hash text not null
      );
    `).simple();
    const rows = await sql<{ version: string }[]>`
      select version from supabase_migrations.schema_migrations`;
    const known = new Set(rows.map(({ version }) => version));
    const pending = (await listMigrations(migrationsDir)).filter(({ version }) =>
      !known.has(version)
    );
    for (const migration of pending) {
      const text = await Deno.readTextFile(migration.file);
      await applyFile(sql, migration.file, text, async (transaction) => {
        await transaction`
          insert into supabase_migrations.schema_migrations (version, statements, name)
          values (${migration.version}, ${await splitStatements(text)}, ${migration.name})`;
      });
      log("migrate", `applied ${basename(migration.file)}`);
    }
    await seed(sql, seedFile, log);
    return { applied: pending };
  } finally {
    await sql.end();
  }
}

async function seed(sql: postgres.Sql, file: string, log: Log): Promise<void> {
  const text = await Deno.readTextFile(file).catch(whenMissing(undefined));
  if (text === undefined) return;
  const path = `supabase/${basename(file)}`;
  const [seeded] = await sql`select from supabase_migrations.seed_files where path = ${path}`;
  if (seeded !== undefined) return;
  const hash = createHash("sha256").update(text).digest("hex");
  await applyFile(sql, file, text, async (transaction) => {
    await transaction`
      insert into supabase_migrations.seed_files (path, hash) values (${path}, ${hash})`;
  });
  log("migrate", `seeded from ${basename(file)}`);
}

async function applyFile(
  sql: postgres.Sql,
  file: string,
  text: string,
  record: (transaction: postgres.TransactionSql) => Promise<void>,
): Promise<void> {
  try {
    await sql.begin(async (transaction) => {
      await transaction.unsafe(text).simple();
      // The migration may have changed `search_path`.
      await transaction`reset all`;
      await record(transaction);
    });
  } catch (error) {
    if (!(error instanceof postgres.PostgresError)) throw error;
    const line = error.position === undefined
      ? ""
      : `:${text.slice(0, Number(error.position)).split("\n").length}`;
    const more = [error.detail, error.hint, error.where].filter((part) => part !== undefined);
    throw new MigrationError([`${file}${line}: ${error.message}`, ...more].join("\n"), {
      cause: error,
    });
  }
}

const parsedSchema = z.object({
  stmts: z.array(z.object({
    // The position counts bytes.
    stmt_location: z.int().default(0),
    stmt_len: z.int().optional(),
  })).default([]),
});

/** Splits SQL into its statements, without semicolons, with Postgres's own parser. */
export async function splitStatements(text: string): Promise<string[]> {
  // Loads 1 MB of WebAssembly, which only a start with pending migrations needs.
  const { parse } = await import("libpg-query");
  const bytes = new TextEncoder().encode(text);
  const decoder = new TextDecoder();
  return parsedSchema.parse(await parse(text)).stmts.map(({ stmt_location, stmt_len }) =>
    decoder.decode(bytes.subarray(
      stmt_location,
      stmt_len === undefined ? undefined : stmt_location + stmt_len,
    )).trim()
  );
}
