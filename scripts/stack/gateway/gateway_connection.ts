import { AsyncLocalStorage } from "node:async_hooks";
import { Kysely, sql } from "kysely";
import { PostgresJSDialect } from "kysely-postgres-js";
import postgres from "postgres";
import { z } from "zod";
import type { ConnectionContextOptions, VarsContext } from "@supabase/lite";
import { PostgresConnection } from "@supabase/lite/postgres";
import { type SteadyClient, SteadyPool } from "../steady_pool.ts";
import type { Caller } from "./rest/caller.ts";
import { quoteName } from "./rest/quote.ts";
import { readSchemaCache, type SchemaCache } from "./rest/schema_cache.ts";

type Database = PostgresConnection["kysely"];

const MAX_CONNECTIONS = 10;
const CLOSE_SECONDS = 1;

/**
 * Message with which SQL of ours refused a request for lack of rights, during that request. Hosted
 * Storage answers it; `@supabase/lite` replaces it.
 */
export const refusals = new AsyncLocalStorage<{ message?: string }>();

/** Returns the connection string of `authenticator`, the role that switches to the caller's role. */
export function authenticatorUrl(adminUrl: string): string {
  const url = new URL(adminUrl);
  url.username = "authenticator";
  url.password = "postgres";
  return url.href;
}

/** Facts about a `/rest/v1` request that PostgREST passes to SQL. */
export interface RestRequest {
  readonly method: string;
  /** Path without the `/rest/v1` prefix, such as `/rpc/hello`. */
  readonly path: string;
  /** Headers with lowercase names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Schemas in which names are looked up. */
  readonly searchPath: readonly string[];
}

/** Options of a transaction for a caller. */
export interface CallerOptions {
  readonly isReadOnly: boolean;
  /** Further settings of the transaction. */
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Connection that `@supabase/lite` and the REST service use. Work of the services themselves runs
 * as the superuser. Work for a caller runs in a session of `authenticator`, as on a hosted project,
 * so that SQL that leaves the caller's role does not gain a more powerful one.
 *
 * The base class would grant the API roles every table in a schema with RLS. Therefore this class
 * replaces how a request runs.
 */
export class GatewayConnection extends PostgresConnection {
  readonly #services: SteadyPool;
  readonly #callers: SteadyPool;
  readonly #callersDb: Database;
  #restSchema: Promise<SchemaCache> | undefined;

  /** @param adminUrl connection string of the superuser. */
  constructor(adminUrl: string) {
    const postgresOptions = { max: MAX_CONNECTIONS, onnotice: () => {} };
    super({ url: adminUrl, postgresOptions });
    // Never connects: its driver knows how the base class reads and writes values.
    const callers = new PostgresConnection({ url: authenticatorUrl(adminUrl), postgresOptions });
    this.#services = steadyPool(this.driver);
    this.#callers = steadyPool(callers.driver);
    this.#callersDb = openDatabase(this.#callers);
    this.kysely = openDatabase(this.#services);
  }

  /** Returns what the REST service knows of the schemas, read once after each change. */
  restSchema(schemas: readonly string[]): Promise<SchemaCache> {
    const cache = this.#restSchema ??= readSchemaCache(this.#services, schemas);
    cache.catch(() => {
      if (this.#restSchema === cache) this.#restSchema = undefined;
    });
    return cache;
  }

  override async clearSchemaCache(): Promise<void> {
    this.#restSchema = undefined;
    await super.clearSchemaCache();
  }

  /** Runs a `/rest/v1` request's SQL as its caller, in one transaction. */
  async asCaller<T>(
    { role, claims }: Caller,
    { method, path, headers, searchPath }: RestRequest,
    { isReadOnly, settings }: CallerOptions,
    run: (sql: SteadyClient) => Promise<T>,
  ): Promise<T> {
    const all: Record<string, string> = {
      ...settings,
      search_path: searchPath.map(quoteName).join(", "),
      transaction_read_only: isReadOnly ? "on" : "off",
      "request.jwt.claims": JSON.stringify(claims),
      "request.method": method,
      "request.path": path,
      "request.headers": JSON.stringify(headers),
      "request.cookies": JSON.stringify(readCookies(headers["cookie"] ?? "")),
      "response.status": "",
      "response.headers": "",
      // Last, because the caller's role may not set everything.
      role,
    };
    return await this.#callers.begin(async (transaction) => {
      const calls = Object.keys(all).map((_, at) =>
        `set_config($${2 * at + 1}, $${2 * at + 2}, true)`
      );
      await transaction.unsafe(`select ${calls.join(", ")}`, Object.entries(all).flat(), {
        prepare: true,
      });
      return await run(transaction);
    });
  }

  override async withContext<T>(
    vars: VarsContext | undefined,
    run: (db: Database) => Promise<T>,
    options: ConnectionContextOptions = {},
  ): Promise<T> {
    const caller = varsSchema.parse(vars ?? {});
    if (options.transaction !== undefined) {
      await enterContext(options.transaction, caller);
      return await run(options.transaction);
    }
    try {
      return await this.#callersDb.transaction().execute(async (transaction) => {
        await enterContext(transaction, caller);
        const result = await run(transaction);
        if (options.forceRollback) throw new RolledBack(result);
        return result;
      });
    } catch (error) {
      if (error instanceof RolledBack) return error.result;
      noteRefusal(error);
      throw error;
    }
  }

  /** Closes all connections. Statements that run for longer than a second are cut off. */
  override async close(): Promise<void> {
    const pools = [this.#services, this.#callers];
    await Promise.all(pools.map((pool) => pool.end(CLOSE_SECONDS)));
    await this.driver.end({ timeout: CLOSE_SECONDS });
  }
}

function noteRefusal(error: unknown): void {
  const request = refusals.getStore();
  if (request === undefined || !(error instanceof postgres.PostgresError)) return;
  const { code, message } = error;
  if (code === "42501" && !message.includes("row-level security")) request.message = message;
}

/** Returns a pool whose connections read and write values as those of `driver`. */
function steadyPool({ options }: postgres.Sql): SteadyPool {
  // postgres.js takes options that it has parsed before as they are, though its types do not say so.
  const parsed = options as unknown as postgres.Options<Record<string, postgres.PostgresType>>;
  return new SteadyPool(
    (onclose) => postgres({ ...parsed, max: 1, onclose }),
    MAX_CONNECTIONS,
  );
}

function openDatabase(pool: SteadyPool): Database {
  // The dialect only reserves connections, runs statements on them and releases them.
  const driver = () => Promise.resolve(pool as unknown as postgres.Sql);
  return new Kysely({ dialect: new PostgresJSDialect({ postgres: driver }) });
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

/** Sets role and claims for the rest of the transaction, in one round trip. */
async function enterContext(
  db: Database,
  { auth: { role, jwt }, storage }: z.infer<typeof varsSchema>,
): Promise<void> {
  const settings = {
    role,
    "request.jwt.claims": JSON.stringify({ role, ...jwt }),
    "storage.operation": storage.operation,
  };
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
