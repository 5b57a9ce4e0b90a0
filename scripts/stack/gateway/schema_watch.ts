import postgres from "postgres";
import type { Service } from "../types.ts";

/** Channel that the event triggers of `system_schema.sql` notify, as PostgREST listens to it. */
const CHANNEL = "pgrst";

/**
 * Calls `onChange` after each change of the schema is committed, and whenever one may have been
 * missed because the connection broke.
 */
export async function watchSchema(dbUrl: string, onChange: () => Promise<void>): Promise<Service> {
  const sql = postgres(dbUrl, { max: 1, onnotice: () => {} });
  await sql.listen(CHANNEL, onChange, onChange);
  return { name: "schema-watch", stop: () => sql.end({ timeout: 1 }) };
}
