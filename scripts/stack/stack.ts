import postgres from "postgres";
import { adminDbUrl, apiUrl, dbUrl, type StackConfig } from "./config.ts";
import { startDelivery } from "./deliver_requests.ts";
import { prepareSystemSchema } from "./gateway/prepare_system_schema.ts";
import type { StackKeys } from "./keys.ts";
import { migrate } from "./migrate.ts";
import { startPostgres } from "./postgres.ts";
import { startCron } from "./run_cron.ts";
import type { Log, Service } from "./types.ts";

/** A running stack. */
export interface Stack extends AsyncDisposable {
  readonly config: StackConfig;
  readonly apiUrl: string;
  /** Connection string of the role `postgres`. */
  readonly dbUrl: string;
  /** Connection string of the superuser. */
  readonly adminDbUrl: string;
  readonly keys: StackKeys;
  /** Ends everything in order, the database last. */
  stop(): Promise<void>;
  /** Ends everything as `kill -9` does: nothing is finished, nothing is written. */
  kill(): Promise<void>;
}

/**
 * Starts everything that a hosted project has, in the order in which the parts need each other.
 * What was started is stopped again when a later part fails.
 */
export async function startStack(config: StackConfig, log: Log = () => {}): Promise<Stack> {
  const services: Service[] = [];
  const add = <S extends Service>(service: S): S => {
    services.push(service);
    return service;
  };
  const stopAll = async () => {
    for (const service of services.splice(0).reverse()) await service.stop();
  };
  try {
    const database = add(await startPostgres(config, log));
    const admin = adminDbUrl(config);
    await prepareSystemSchema(config, admin);
    await migrate(dbUrl(config), config, log);
    await keepVaultSecrets(admin, config);
    add(await startDelivery(admin, { faults: config.netFaults }, log));
    add(await startCron(admin, (username) => loginUrl(config, username), log));
    return {
      config,
      apiUrl: apiUrl(config),
      dbUrl: dbUrl(config),
      adminDbUrl: admin,
      keys: config.keys,
      stop: stopAll,
      async kill() {
        await database.kill();
        await stopAll();
      },
      [Symbol.asyncDispose]: stopAll,
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** Connection string of any role with the password that the stack gives all of them. */
function loginUrl(config: StackConfig, username: string): string {
  const url = new URL(dbUrl(config));
  url.username = encodeURIComponent(username);
  return url.href;
}

/** Tells SQL where the project's functions are and with which key it may call them. */
async function keepVaultSecrets(adminUrl: string, config: StackConfig): Promise<void> {
  const sql = postgres(adminUrl, { max: 1, onnotice: () => {} });
  try {
    const secrets = { project_url: apiUrl(config), service_secret_key: config.keys.secret };
    for (const [name, value] of Object.entries(secrets)) {
      const kept = await sql`select vault.update_secret(id, ${value}) from vault.secrets
        where name = ${name}`;
      if (kept.length === 0) await sql`select vault.create_secret(${value}, ${name})`;
    }
  } finally {
    await sql.end();
  }
}
