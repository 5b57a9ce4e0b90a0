import postgres from "postgres";
import { adminDbUrl, dbUrl, loadConfig } from "../stack/config.ts";
import { freePorts } from "../stack/free_ports.ts";
import { prepareSystemSchema } from "../stack/gateway/prepare_system_schema.ts";
import { migrate } from "../stack/migrate.ts";
import { startPostgres } from "../stack/postgres.ts";

/** The stack's Postgres with the migrations, and no other service. */
export interface BenchDatabase extends AsyncDisposable {
  /** Connection string of the role `postgres`. */
  readonly url: string;
  /** One connection as `postgres`. */
  readonly sql: postgres.Sql;
  /** One connection with the settings of the workers. */
  readonly workers: postgres.Sql;
  /** Connection strings of further databases with the same migrations. */
  readonly copies: readonly string[];
  /** Creates an empty database on the same server. Returns its connection string. */
  createDatabase(name: string): Promise<string>;
}

/** Opens one connection as `postgres`. */
export function connect(url: string): postgres.Sql & AsyncDisposable {
  return disposable(postgres(url, { max: 1, onnotice: () => {} }));
}

/** Opens one connection with the settings of the workers. */
export function connectAsWorker(url: string): postgres.Sql & AsyncDisposable {
  const connection = { options: "-c role=service_role" };
  return disposable(postgres(url, { max: 1, onnotice: () => {}, connection }));
}

/** Starts a Postgres on a free port, as durable as the stack's: `fsync` is on. */
export async function startBenchDatabase(
  options: { readonly copies?: number } = {},
): Promise<BenchDatabase> {
  const stackDir = await Deno.makeTempDir({ prefix: "modelpick-bench-" });
  const [db = 0] = freePorts(1);
  // Peers hold more connections than the smallest hosted project allows.
  const config = await loadConfig({ stackDir, ports: { db }, env: { STACK_LIMITS: "off" } });
  const server = await startPostgres(config, () => {});
  await prepareSystemSchema(config, adminDbUrl(config));
  const url = dbUrl(config);
  await migrate(url, config, () => {});
  const createDatabase = async (name: string, template = "template0") => {
    // Postgres copies a database only while nobody is connected to it.
    await using admin = connect(new URL("/template1", adminDbUrl(config)).href);
    await admin`create database ${admin(name)} owner postgres template ${admin(template)}`;
    return new URL(`/${name}`, url).href;
  };
  const copies: string[] = [];
  for (let copy = 1; copy <= (options.copies ?? 0); copy++) {
    copies.push(await createDatabase(`copy_${copy}`, "postgres"));
  }
  const [sql, workers] = [connect(url), connectAsWorker(url)];
  return {
    url,
    sql,
    workers,
    copies,
    createDatabase: (name) => createDatabase(name),
    async [Symbol.asyncDispose]() {
      await Promise.all([sql.end(), workers.end()]);
      await server.stop();
      await Deno.remove(stackDir, { recursive: true });
    },
  };
}

function disposable(sql: postgres.Sql): postgres.Sql & AsyncDisposable {
  return Object.assign(sql, { [Symbol.asyncDispose]: () => sql.end() });
}
