import postgres from "postgres";
import type { Service } from "../service.ts";

/** Channel that the event triggers of `system_schema.sql` notify. PostgREST uses the same name. */
const CHANNEL = "pgrst";

/**
 * Calls `onChange` after each committed schema change, and after a reconnect that may have missed
 * one.
 */
export async function watchSchema(dbUrl: string, onChange: () => Promise<void>): Promise<Service> {
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} });
  await sql.listen(CHANNEL, onChange, onChange);
  return { name: "schema-watch", stop: () => sql.end({ timeout: 1 }) };
}
