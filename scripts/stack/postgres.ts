import { join } from "node:path";
import { pause } from "../support/pause.ts";
import { whenMissing } from "../support/when_missing.ts";
import type { StackConfig } from "./config.ts";
import { assertPortFree } from "./assert_port_free.ts";
import {
  exists,
  installPostgres,
  moveIntoPlace,
  type PostgresBinaries,
} from "./postgres/binaries.ts";
import { choosePostgresDirectories } from "./postgres/directories.ts";
import { runTool } from "./postgres/run_tool.ts";
import {
  ADMIN,
  prepareTemplate,
  removeOldTemplates,
  runSql,
  templatesDirectory,
} from "./postgres/template.ts";
import { makeOwnedDirectory, type UnixUser, unprivilegedUser } from "./postgres/unix_user.ts";
import { commandOf, signal, waitUntil } from "./processes.ts";
import { type Program, startProgram } from "./program.ts";
import type { Log, Service } from "./service.ts";

/** Running Postgres server. */
export interface PostgresServer extends Service {
  readonly dataDir: string;
  /** `true` if this start created the data directory. */
  readonly isNew: boolean;
  /** Settles when the server has ended, for any reason. */
  readonly ended: Promise<void>;
  /** Ends the server as `kill -9` does, without a checkpoint. */
  kill(): Promise<void>;
}

/** Configuration of a server. */
export type PostgresConfig =
  & Pick<StackConfig, "rootDir" | "stackDir" | "ports" | "keys" | "fsync">
  & Pick<StackConfig, "limits" | "template">
  & {
    /** Settings of the server that differ from the stack's, by name. */
    readonly serverSettings?: Readonly<Record<string, string>>;
  };

/** Connections that Postgres accepts if no limits are enforced. */
const UNLIMITED_CONNECTIONS = 200;

const STOP_MS = 20_000;
/** Time in milliseconds for a killed server's child processes to release its shared memory. */
const ORPHANS_MS = 10_000;
const ORPHANS_POLL_MS = 50;

/**
 * Starts the stack's Postgres 17 on 127.0.0.1. Creates a data directory if there is none, and
 * cleans up after a crash or `kill -9` first.
 *
 * @throws {PortTakenError} if another process uses the database port.
 */
export async function startPostgres(config: PostgresConfig, log: Log): Promise<PostgresServer> {
  const [user, { engineDir, dataDir }] = await Promise.all([
    unprivilegedUser(),
    choosePostgresDirectories(config),
  ]);
  const binaries = await installPostgres(engineDir);
  const isNew = !await exists(dataDir);
  if (isNew) await createDataDirectory(config, engineDir, dataDir, binaries, user);
  await endStalePostmaster(dataDir);
  await assertPortFree(config.ports.db, "database");

  const deadline = performance.now() + ORPHANS_MS;
  while (true) {
    try {
      const server = await runPostgres(config, binaries, dataDir, user, log);
      return { name: "postgres", dataDir, isNew, ...server };
    } catch (error) {
      if (!String(error).includes("pre-existing shared memory") || performance.now() > deadline) {
        throw error;
      }
      await pause(ORPHANS_POLL_MS);
    }
  }
}

/** Pause between attempts to start a crashed server again, in milliseconds. */
const RESTART_MS = 500;
/** Failures to start in a row after which a crashed server is given up. */
const MAX_FAILURES = 5;

/**
 * Starts Postgres like {@link startPostgres} and starts it again when it ends by itself, on the same
 * port and with the same data. `ended` settles when it was stopped or could not be started again.
 *
 * @throws {PortTakenError} if another process uses the database port.
 */
export async function keepPostgres(config: PostgresConfig, log: Log): Promise<PostgresServer> {
  let server = await startPostgres(config, log);
  const { dataDir, isNew } = server;
  const stopping = new AbortController();
  const startAgain = async (): Promise<boolean> => {
    for (let failures = 0; failures < MAX_FAILURES && !stopping.signal.aborted; failures++) {
      try {
        server = await startPostgres(config, log);
        return true;
      } catch (error) {
        log("postgres", `did not start again: ${error}`);
        await pause(RESTART_MS, stopping.signal);
      }
    }
    return false;
  };
  const watch = async () => {
    while (true) {
      await server.ended;
      if (stopping.signal.aborted) return;
      log("postgres", "ended by itself, starting again");
      if (!await startAgain()) return;
      log("postgres", "was started again");
      if (stopping.signal.aborted) return await server.stop();
    }
  };
  const ended = watch();
  const end = async (how: "stop" | "kill") => {
    stopping.abort();
    await server[how]();
    await ended;
  };
  return {
    name: "postgres",
    dataDir,
    isNew,
    ended,
    stop: () => end("stop"),
    kill: () => end("kill"),
  };
}

/**
 * Returns the path of a data directory that new databases can be copied from.
 *
 * @param name changes with what the directory holds. Directories of other names are removed after a day.
 * @param make called if there is none of this name. Starts a database, calls `save` with its data directory
 * once it is stopped, and removes it.
 */
export async function keepTemplate(
  config: Pick<StackConfig, "rootDir" | "stackDir">,
  name: string,
  make: (save: (dataDir: string) => Promise<void>) => Promise<void>,
): Promise<string> {
  const [user, { engineDir }] = await Promise.all([
    unprivilegedUser(),
    choosePostgresDirectories(config),
  ]);
  const binaries = await installPostgres(engineDir);
  const templates = templatesDirectory(engineDir, binaries, user);
  const template = join(templates, name);
  if (await exists(template)) return template;
  await make(async (dataDir) => {
    const draft = join(templates, `draft-${crypto.randomUUID()}`);
    await runTool("cp", ["-R", dataDir, draft], user);
    await moveIntoPlace(draft, template);
  });
  await removeOldTemplates(templates, name);
  return template;
}

/** Removes the data of a stopped stack. */
export async function removePostgresData(
  config: Pick<StackConfig, "rootDir" | "stackDir">,
): Promise<void> {
  const { dataDir } = await choosePostgresDirectories(config);
  if (!await exists(dataDir)) return;
  await endStalePostmaster(dataDir);
  await Deno.remove(dataDir, { recursive: true });
}

async function createDataDirectory(
  config: PostgresConfig,
  engineDir: string,
  dataDir: string,
  binaries: PostgresBinaries,
  user: UnixUser | undefined,
): Promise<void> {
  const template = config.template ?? await prepareTemplate(engineDir, binaries, user);
  const nursery = `${dataDir}-${crypto.randomUUID()}`;
  await makeOwnedDirectory(nursery, user);
  const draft = join(nursery, "data");
  await runTool("cp", ["-R", template, draft], user);
  const password = config.keys.databaseAdminPassword.replaceAll("'", "''");
  await runSql(binaries, draft, user, `alter role ${ADMIN} password '${password}';`);
  await Deno.rename(draft, dataDir);
  await Deno.remove(nursery);
}

/** Ends a server that outlived its stack, so that its data directory can be used again. */
async function endStalePostmaster(dataDir: string): Promise<void> {
  const pidFile = join(dataDir, "postmaster.pid");
  if (!await exists(pidFile)) return;
  const pid = Number.parseInt(await Deno.readTextFile(pidFile), 10);
  if (Number.isNaN(pid)) return;
  const isServer = async () => (await commandOf(pid))?.includes(dataDir) ?? false;
  if (!await isServer()) {
    // If another process has that id now, Postgres would take it for the old server.
    await Deno.remove(pidFile).catch(whenMissing(undefined));
    return;
  }
  for (const name of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    signal(pid, name);
    if (await waitUntil(async () => !await isServer(), STOP_MS)) return;
  }
  throw new Error(`Postgres process ${pid} of ${dataDir} did not stop: end it and start again`);
}

function runPostgres(
  config: PostgresConfig,
  binaries: PostgresBinaries,
  dataDir: string,
  user: UnixUser | undefined,
  log: Log,
): Promise<Program> {
  const settings = {
    port: config.ports.db,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    wal_level: "logical",
    max_connections: config.limits?.connections ?? UNLIMITED_CONNECTIONS,
    shared_preload_libraries: "pg_stat_statements",
    log_line_prefix: "[%p] ",
    timezone: "UTC",
    log_timezone: "UTC",
    ...config.fsync ? {} : {
      fsync: "off",
      synchronous_commit: "off",
      full_page_writes: "off",
      // With synchronous_commit off, replication waits for this writer.
      wal_writer_delay: "10ms",
    },
    ...config.serverSettings,
  };
  return startProgram({
    name: "postgres",
    path: binaries.postgres,
    args: [
      ...["-D", dataDir],
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ],
    user,
    readyLine: "database system is ready to accept connections",
    endSignal: "SIGINT",
  }, log);
}
