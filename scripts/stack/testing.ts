import { join } from "node:path";
import postgres from "postgres";
import { adminDbUrl, type ConfigOverrides, dbUrl, loadConfig, type StackConfig } from "./config.ts";
import { freeStackPorts } from "./free_ports.ts";
import { type PostgresServer, startPostgres } from "./postgres.ts";

/** A directory for one test, removed after it. */
export async function makeScratchDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "modelpick-test-" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/**
 * Configuration of a stack on free ports that trades durability for speed. The repository's functions
 * run without the settings in its `.env`: a developer's keys would be charged for tests.
 */
export function loadTestConfig(
  stackDir: string,
  overrides: ConfigOverrides = {},
): Promise<StackConfig> {
  const settings = overrides.functionsDir === undefined
    ? { envFile: join(stackDir, "functions.env") }
    : {};
  return loadConfig({
    stackDir,
    ports: freeStackPorts(),
    fsync: false,
    ...settings,
    ...overrides,
  });
}

/** A database as a new project has it, with connections as its owner and as the superuser. */
export interface TestDatabase extends AsyncDisposable {
  readonly config: StackConfig;
  readonly server: PostgresServer;
  readonly dbUrl: string;
  readonly adminDbUrl: string;
  readonly sql: postgres.Sql;
  readonly admin: postgres.Sql;
}

/** Starts a database for one test. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const scratch = await makeScratchDirectory();
  const config = await loadTestConfig(scratch.path);
  const server = await startPostgres(config, () => {});
  const sql = postgres(dbUrl(config), { max: 4, onnotice: () => {} });
  const admin = postgres(adminDbUrl(config), { max: 2, onnotice: () => {} });
  return {
    config,
    server,
    dbUrl: dbUrl(config),
    adminDbUrl: adminDbUrl(config),
    sql,
    admin,
    async [Symbol.asyncDispose]() {
      await Promise.all([sql.end({ timeout: 5 }), admin.end({ timeout: 5 })]);
      await server.stop();
      await scratch[Symbol.asyncDispose]();
    },
  };
}
