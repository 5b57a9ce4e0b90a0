import { join } from "node:path";
import { sql } from "kysely";
import { GatewayConnection } from "./gateway_connection.ts";
import { createLiteApp, type LiteConfig } from "./lite_app.ts";
import { FileStorageAdapter } from "./storage_adapter.ts";

const HERE = import.meta.dirname ?? ".";

/**
 * SQL files in the order in which they run, once the tables exist. The first restores functions
 * that `@supabase/lite` replaces.
 */
const SQL_FILES = [
  "../postgres/auth_helpers.sql",
  "../realtime/realtime_schema.sql",
  "system_schema.sql",
];

/** One table of each service that cannot work without it. */
const REQUIRED_TABLES = [
  "auth.users",
  "auth.sessions",
  "auth.refresh_tokens",
  "auth.identities",
  "storage.buckets",
  "storage.objects",
];

/**
 * Creates what migrations find on a hosted project: the tables of Auth, Storage and Realtime with
 * their grants, the functions that policies use, and the triggers that report schema changes to the
 * gateway. Running it again changes nothing.
 *
 * @param dbUrl connection string of the superuser.
 * @throws {Error} if the roles and schemas of the bootstrap are missing.
 */
export async function prepareSystemSchema(config: LiteConfig, dbUrl: string): Promise<void> {
  const connection = new GatewayConnection(dbUrl);
  try {
    const app = createLiteApp(config, connection, new FileStorageAdapter("unused"), () => {});
    await app.ensureSystemSchema();
    // `@supabase/lite` continues silently after a statement that failed, so the tables are checked
    // here.
    const { rows } = await sql<{ name: string }>`
      select name from unnest(${REQUIRED_TABLES}::text[]) name where to_regclass(name) is null
    `.execute(connection.kysely);
    if (rows.length > 0) {
      throw new Error(`tables could not be created: ${rows.map(({ name }) => name).join(", ")}`);
    }
    for (const file of SQL_FILES) {
      await connection.driver.unsafe(await Deno.readTextFile(join(HERE, file))).simple();
    }
  } finally {
    await connection.close();
  }
}
