import { join } from "node:path";
import { assertPortFree } from "./assert_port_free.ts";
import type { StackConfig } from "./config.ts";
import { makeOwnedDirectory, unprivilegedUser } from "./postgres/unix_user.ts";
import { startProgram } from "./program.ts";
import type { Log, Service } from "./service.ts";

const PATHS = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"];

/** Connections to Postgres for all clients together, far fewer than there are functions. */
const POOL_SIZE = 20;

/** Returns the path of this machine's PgBouncer; undefined if it has none. */
export function findPgBouncer(): string | undefined {
  return PATHS.find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** Options of {@link startPooler}. */
export interface PoolerOptions {
  /** Start-up parameters that it ignores. By default it refuses all that it does not know, as released. */
  readonly ignores?: readonly string[];
}

/**
 * Starts PgBouncer in transaction mode on 127.0.0.1 in front of the stack's Postgres. Two
 * transactions of one client may run in different sessions.
 *
 * @throws {Error} if PgBouncer is not installed or does not start.
 * @throws {PortTakenError} if another process uses its port.
 */
export async function startPooler(
  config: Pick<StackConfig, "ports"> & { readonly stackDir: string },
  log: Log = () => {},
  { ignores = [] }: PoolerOptions = {},
): Promise<Service> {
  const program = findPgBouncer();
  if (program === undefined) {
    throw new Error("PgBouncer is not installed: install the package pgbouncer");
  }
  await assertPortFree(config.ports.pooler, "pooler");
  const user = await unprivilegedUser();
  const directory = await Deno.makeTempDir({ prefix: "modelpick-pooler-" });
  await makeOwnedDirectory(directory, user);
  const users = join(directory, "users.txt");
  const settings = join(directory, "pgbouncer.ini");
  const roles = ["postgres", "authenticator", "supabase_auth_admin"];
  await Deno.writeTextFile(users, roles.map((role) => `"${role}" "postgres"\n`).join(""));
  await Deno.writeTextFile(
    settings,
    `[databases]
* = host=127.0.0.1 port=${config.ports.db}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${config.ports.pooler}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = transaction
default_pool_size = ${POOL_SIZE}
max_client_conn = 500
ignore_startup_parameters = ${ignores.join(",")}
`,
  );
  const removeFiles = () => Deno.remove(directory, { recursive: true });
  try {
    const running = await startProgram({
      name: "pooler",
      path: program,
      args: [settings],
      user,
      readyLine: "process up",
      // SIGINT, and SIGTERM since PgBouncer 1.23, would wait for clients.
      endSignal: "SIGQUIT",
    }, log);
    running.ended.then(removeFiles);
    return { name: "pooler", ...running };
  } catch (error) {
    await removeFiles();
    throw error;
  }
}
