import { join } from "node:path";
import { assertPortFree } from "./assert_port_free.ts";
import type { StackConfig } from "./config.ts";
import { TOOL_ENVIRONMENT } from "./postgres/run_tool.ts";
import { makeOwnedDirectory, unprivilegedUser } from "./postgres/unix_user.ts";
import { signal } from "./processes.ts";
import type { Log, Service } from "./service.ts";
import { readLines } from "./text_lines.ts";

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
  const child = new Deno.Command(program, {
    args: [settings],
    ...user,
    cwd: "/",
    clearEnv: true,
    env: TOOL_ENVIRONMENT,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const ready = Promise.withResolvers<boolean>();
  const lines: string[] = [];
  const logged = (async () => {
    for await (const line of readLines(child.stderr)) {
      log("pooler", line);
      lines.push(line);
      if (line.includes("process up")) ready.resolve(true);
    }
    ready.resolve(false);
  })();
  let hasEnded = false;
  const ended = child.status.then(async () => {
    hasEnded = true;
    await logged;
    await Deno.remove(directory, { recursive: true });
  });
  const end = async (how: Deno.Signal) => {
    if (!hasEnded) signal(child.pid, how);
    await ended;
  };
  if (!await ready.promise) {
    await ended;
    throw new Error(`PgBouncer did not start:\n${lines.join("\n")}`);
  }
  // SIGTERM ends it at once; SIGINT would wait for its clients.
  return { name: "pooler", stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}
