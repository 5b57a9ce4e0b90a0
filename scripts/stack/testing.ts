import { join } from "node:path";
import postgres from "postgres";
import { adminDbUrl, type ConfigOverrides, dbUrl, loadConfig, type StackConfig } from "./config.ts";
import { freeStackPorts } from "./free_ports.ts";
import { type PostgresConfig, type PostgresServer, startPostgres } from "./postgres.ts";

/** Creates a directory for one test and removes it afterwards. */
export async function makeScratchDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "modelpick-test-" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

/**
 * Returns the configuration of a stack on free ports that is faster and less durable. It ignores
 * the settings in the repository's `.env`: tests must not spend money on a developer's keys.
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
    // A slow machine can loosen the CPU limit for all tests.
    env: { STACK_LIMITS: Deno.env.get("STACK_LIMITS") ?? "on", ...overrides.env },
  });
}

/** Database in the state of a new project, with connections as its owner and as the superuser. */
export interface TestDatabase extends AsyncDisposable {
  readonly config: StackConfig;
  readonly server: PostgresServer;
  readonly dbUrl: string;
  readonly adminDbUrl: string;
  readonly sql: postgres.Sql;
  readonly admin: postgres.Sql;
}

/** Starts a database for one test. `serverSettings` differ from the stack's, by name. */
export async function startTestDatabase(
  options: Pick<PostgresConfig, "serverSettings" | "template"> = {},
): Promise<TestDatabase> {
  const scratch = await makeScratchDirectory();
  const config = await loadTestConfig(scratch.path);
  const server = await startPostgres({ ...config, ...options }, () => {});
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
