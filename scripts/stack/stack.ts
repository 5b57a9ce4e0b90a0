import Stripe from "stripe";
import { settlesWithin } from "../support/settles_within.ts";
import { adminDbUrl, apiUrl, dbUrl, loginDbUrl, type StackConfig } from "./config.ts";
import { startDelivery } from "./pg_net_worker.ts";
import { readEnvFile } from "./env_file.ts";
import { planEnvironment } from "./plan_environment.ts";
import { startFunctions } from "./functions/runtime.ts";
import { startGateway } from "./gateway/gateway.ts";
import { prepareSystemSchema } from "./gateway/prepare_system_schema.ts";
import type { StackKeys } from "./keys.ts";
import { migrate } from "./migrate.ts";
import { assertPortFree } from "./assert_port_free.ts";
import { startPooler } from "./pooler.ts";
import { keepPostgres } from "./postgres.ts";
import { startRealtime } from "./realtime/realtime.ts";
import { startCron } from "./pg_cron_worker.ts";
import { startStripeRelay } from "./relay_stripe_events.ts";
import { startLocalService } from "./local_service.ts";
import { lockStack } from "./stack_lock.ts";
import type { Log, Service } from "./service.ts";
import { keepVaultSecrets } from "./vault_secrets.ts";

/** Running stack. */
export interface Stack extends AsyncDisposable {
  readonly config: StackConfig;
  readonly apiUrl: string;
  /** Connection string of the role `postgres`. */
  readonly dbUrl: string;
  /** Connection string of the superuser. */
  readonly adminDbUrl: string;
  readonly keys: StackKeys;
  /** Origins of the running local services, by name. */
  readonly localServices: Readonly<Record<string, string>>;
  /** Settles when every function has a ready process or has failed to start. */
  warm(): Promise<void>;
  /** Kills a function's processes during their work. The next request starts a new one. */
  crashFunction(name: string): Promise<void>;
  /** Settles when the database has ended, on request or because it could not be started again. */
  readonly ended: Promise<void>;
  /** Stops everything in order, the database last. */
  stop(): Promise<void>;
  /** Ends everything as `kill -9` does: no work is finished and nothing is written. */
  kill(): Promise<void>;
}

/**
 * Starts everything that a hosted project has. Each part starts as soon as its dependencies are
 * ready. If one part fails, the others are stopped.
 *
 * @throws {StackRunningError} if a stack of the same directory is running.
 * @throws {PortTakenError} if another process uses one of its ports.
 * @throws {MigrationError} if Postgres refuses a migration.
 */
export async function startStack(config: StackConfig, log: Log = () => {}): Promise<Stack> {
  const services = new Services(log);
  try {
    services.add(await lockStack(config.stackDir));
    await assertPortFree(config.ports.api, "gateway");
    const plan = planEnvironment(config, {
      ...readEnvFile(config.envFile),
      ...config.env,
    });
    const localServices = config.localServices ? plan.localServices : [];
    const [database, ...running] = await allOrNone([
      startDatabase(config, services, log),
      ...localServices.map(async (service) =>
        services.add(await startLocalService(config, service, log))
      ),
    ]);
    const admin = adminDbUrl(config);
    if (config.pooler !== "none") services.add(await startPooler(config, log));
    const functions = services.add(
      startFunctions({
        config,
        env: { ...config.env, ...plan.forced },
        keepWarm: config.keepWarm,
        log,
      }),
    );
    const realtime = startRealtime({ keys: config.keys, dbUrl: admin }, log);
    services.add(await startGateway({ config, dbUrl: admin, functions, realtime, log }));
    // Stopped before the gateway, which would wait for these sockets.
    services.add(realtime);
    services.add(await startDelivery(admin, { faults: config.netFaults }, log));
    if (plan.relaysStripe && config.localServices) {
      const { STRIPE_SECRET_KEY = "", STRIPE_WEBHOOK_SECRET = "" } = plan.env;
      services.add(startStripeRelay({
        stripe: new Stripe(STRIPE_SECRET_KEY),
        webhookUrl: `${apiUrl(config)}/functions/v1/webhook`,
        webhookSecret: STRIPE_WEBHOOK_SECRET,
      }, log));
    }
    services.add(await startCron(admin, (username) => loginDbUrl(config, username), log));
    return {
      config,
      apiUrl: apiUrl(config),
      dbUrl: dbUrl(config),
      adminDbUrl: admin,
      keys: config.keys,
      localServices: Object.fromEntries(running.map(({ name, url }) => [name, url])),
      warm: () => functions.warm(),
      crashFunction: (name) => functions.crash(name),
      ended: database.ended,
      stop: () => services.stop(),
      kill: () => services.kill(),
      [Symbol.asyncDispose]: () => services.stop(),
    };
  } catch (error) {
    await services.stop();
    throw error;
  }
}

/** Starts Postgres and brings it to the state of a hosted project's database after a deploy. */
async function startDatabase(config: StackConfig, services: Services, log: Log) {
  const database = services.add(await keepPostgres(config, log));
  const admin = adminDbUrl(config);
  await prepareSystemSchema(config, admin);
  await keepVaultSecrets(admin, { project_url: apiUrl(config) });
  await migrate(dbUrl(config), config, log);
  return database;
}

/** Started services, in the order of their start. */
class Services {
  #started: Service[] = [];

  constructor(private readonly log: Log) {}

  add<S extends Service>(service: S): S {
    this.#started.push(service);
    return service;
  }

  /** Stops all services in reverse order. One that hangs does not keep the others from stopping. */
  async stop(): Promise<void> {
    for (const service of this.#started.splice(0).reverse()) {
      if (await settlesWithin(service.stop(), STOP_MS)) continue;
      this.log("stack", `${service.name} did not stop in time`);
      await settlesWithin(service.kill?.() ?? Promise.resolve(), STOP_MS);
    }
  }

  async kill(): Promise<void> {
    const killed = this.#started.splice(0);
    // Everything that can be killed is killed at once, so that no part reacts to the end of
    // another.
    await Promise.all(killed.map((service) => service.kill?.()));
    this.#started = killed;
    await this.stop();
  }
}

const STOP_MS = 5000;

/** Works like `Promise.all`, but waits for all promises before it fails. */
async function allOrNone<T extends readonly Promise<unknown>[]>(
  promises: readonly [...T],
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return await Promise.all(promises);
}
