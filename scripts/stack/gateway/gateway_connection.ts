// Imported only because `@supabase/lite` has it as an optional peer dependency.
import "postgres";
import { sql } from "kysely";
import { z } from "zod";
import type { ConnectionContextOptions, VarsContext } from "@supabase/lite";
import { PostgresConnection } from "@supabase/lite/postgres";
import { isDatabaseError, renderDatabaseError } from "./postgrest_errors.ts";
import { currentRestRequest, type RestRequest } from "./request_context.ts";

type Database = PostgresConnection["kysely"];

const MAX_CONNECTIONS = 10;
const CLOSE_SECONDS = 1;

/** Returns the connection string of `authenticator`, the role that switches to the caller's role. */
export function authenticatorUrl(adminUrl: string): string {
  const url = new URL(adminUrl);
  url.username = "authenticator";
  url.password = "postgres";
  return url.href;
}

/**
 * Connection that `@supabase/lite` uses. Work of the services themselves runs as the superuser.
 * Work for a caller runs in a session of `authenticator`, as on a hosted project, so that SQL that
 * leaves the caller's role does not gain a more powerful one.
 *
 * The base class would grant the API roles every table in a schema with RLS, and would hide
 * `request.*` from everything but functions. Therefore this class replaces how a request runs.
 */
export class GatewayConnection extends PostgresConnection {
  readonly #callers: PostgresConnection;

  /** @param adminUrl connection string of the superuser. */
  constructor(adminUrl: string) {
    const postgresOptions = { max: MAX_CONNECTIONS, onnotice: () => {} };
    super({ url: adminUrl, postgresOptions });
    this.#callers = new PostgresConnection({ url: authenticatorUrl(adminUrl), postgresOptions });
  }

  override async withContext<T>(
    vars: VarsContext | undefined,
    run: (db: Database) => Promise<T>,
    options: ConnectionContextOptions = {},
  ): Promise<T> {
    const caller = varsSchema.parse(vars ?? {});
    const rest = currentRestRequest.getStore();
    if (options.transaction !== undefined) {
      await enterContext(options.transaction, caller, rest);
      return await run(options.transaction);
    }
    try {
      return await this.#callers.kysely.transaction().execute(async (transaction) => {
        await enterContext(transaction, caller, rest);
        const result = await run(transaction);
        if (options.forceRollback) throw new RolledBack(result);
        return result;
      });
    } catch (error) {
      if (error instanceof RolledBack) return error.result;
      if (rest !== undefined && isDatabaseError(error) && !isLeftToLite(error.code, rest)) {
        // For `/rest/v1` the result is always the response.
        return renderDatabaseError(error, caller.auth.role) as T;
      }
      throw error;
    }
  }

  /**
   * Closes both pools. Without a time limit the driver would wait forever for connections that a
   * running request has reserved.
   */
  override async close(): Promise<void> {
    const drivers = [this.driver, this.#callers.driver];
    await Promise.all(drivers.map((driver) => driver.end({ timeout: CLOSE_SECONDS })));
  }
}

/** Carries the result out of a transaction that is rolled back. */
export class RolledBack<T> extends Error {
  constructor(readonly result: T) {
    super("rolled back on purpose");
  }
}

/** Facts about the caller in the variables of `@supabase/lite`. */
const varsSchema = z.object({
  auth: z.object({
    role: z.string().catch("anon"),
    /** Claims of the caller's token. */
    jwt: z.record(z.string(), z.unknown()).catch({}),
  }).catch({ role: "anon", jwt: {} }),
  /** Name of the storage operation. Empty for the other services. */
  storage: z.object({ operation: z.string().catch("") }).catch({ operation: "" }),
});

type Caller = z.infer<typeof varsSchema>;

/** Sets role, claims and request settings for the rest of the transaction, in one round trip. */
async function enterContext(
  db: Database,
  { auth: { role, jwt }, storage }: Caller,
  rest: RestRequest | undefined,
): Promise<void> {
  const settings: Record<string, string> = {
    role,
    "request.jwt.claims": JSON.stringify({ role, ...jwt }),
    "storage.operation": storage.operation,
  };
  if (rest !== undefined) {
    const readOnly = rest.method === "GET" || rest.method === "HEAD";
    Object.assign(settings, {
      search_path: rest.searchPath,
      transaction_read_only: readOnly ? "on" : "off",
      "request.method": rest.method,
      "request.path": rest.path,
      "request.headers": JSON.stringify(rest.headers),
      "request.cookies": JSON.stringify(readCookies(rest.headers["cookie"] ?? "")),
      "response.status": "",
      "response.headers": "",
    });
  }
  const calls = Object.entries(settings).map(([name, value]) =>
    sql`set_config(${name}, ${value}, true)`
  );
  await sql`select ${sql.join(calls)}`.execute(db);
}

function readCookies(header: string): Record<string, string> {
  const pairs = header.split(";").map((pair) => pair.trim().split("="));
  return Object.fromEntries(
    pairs.flatMap(([name, ...value]) => name ? [[name, value.join("=")]] : []),
  );
}

/** Returns whether `@supabase/lite` writes this error as PostgREST does. */
function isLeftToLite(code: string, rest: RestRequest): boolean {
  if (code.startsWith("PT") || code === "PGRST") return true;
  return code === "42703" && !rest.path.startsWith("/rpc/");
}
