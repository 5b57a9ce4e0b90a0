import { join } from "node:path";
import { sql } from "kysely";
import { authenticatorUrl, GatewayConnection } from "./connection.ts";
import { createLiteApp, type LiteConfig } from "./lite_app.ts";
import { FileStorageAdapter } from "./storage_adapter.ts";

const HERE = import.meta.dirname ?? ".";

/** Run in this order once the tables are there. The first undoes what `@supabase/lite` replaces. */
const SQL_FILES = [
  "../postgres/auth_helpers.sql",
  "../realtime/realtime_schema.sql",
  "system_schema.sql",
];

/** A table of each service, without which it cannot answer. */
const REQUIRED_TABLES = [
  "auth.users",
  "auth.sessions",
  "auth.refresh_tokens",
  "auth.identities",
  "storage.buckets",
  "storage.objects",
];

/**
 * Makes the tables of Auth, Storage and Realtime with their rights, the functions that policies lean on, and
 * the triggers that tell the gateway of schema changes: what migrations find on a hosted project.
 * Repeating it changes nothing.
 *
 * @param dbUrl connection string of the superuser.
 * @throws {Error} when the database lacks the roles and schemas of the bootstrap.
 */
export async function prepareSystemSchema(config: LiteConfig, dbUrl: string): Promise<void> {
  const connection = new GatewayConnection({
    admin: dbUrl,
    authenticator: authenticatorUrl(dbUrl),
  });
  try {
    const app = createLiteApp(config, connection, new FileStorageAdapter("unused"));
    await app.ensureSystemSchema();
    // It goes on after a statement that failed, and says nothing.
    const { rows } = await sql<{ name: string }>`
      select name from unnest(${REQUIRED_TABLES}::text[]) name where to_regclass(name) is null
    `.execute(connection.kysely);
    if (rows.length > 0) {
      throw new Error(`tables could not be made: ${rows.map(({ name }) => name).join(", ")}`);
    }
    for (const file of SQL_FILES) {
      await connection.driver.unsafe(await Deno.readTextFile(join(HERE, file))).simple();
    }
  } finally {
    await connection.close();
  }
}
