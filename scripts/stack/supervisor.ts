import { join } from "node:path";
import { type ConfigOverrides, loadConfig } from "./config.ts";
import { readEnvFile } from "./env_file.ts";
import { describeOutside, outboxDir, pickSettings } from "./plan_environment.ts";
import { openLogFiles } from "./log_files.ts";
import { startStack } from "./stack.ts";
import { OVERRIDES_VARIABLE, removeState, writeState } from "./state_file.ts";
import type { Log } from "./service.ts";

/**
 * Runs a stack in a process detached from the terminal. `control.ts` starts it. It writes the
 * outcome of the start to standard output as one line of JSON: `{"ready": true}` or `{"failed":
 * "<reason>"}`. Everything later goes to the log files.
 */
async function supervise(overrides: ConfigOverrides): Promise<void> {
  const settings = pickSettings(Deno.env.toObject());
  const config = await loadConfig({ ...overrides, env: { ...settings, ...overrides.env } });
  const logsDir = join(config.stackDir, "logs");
  const files = openLogFiles(logsDir);
  const log: Log = (source, message) => {
    // The functions' runtime writes its own files.
    if (!source.startsWith("functions/")) files(source, message);
  };
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log("supervisor", `unhandled error: ${describe(event.reason)}`);
  });

  // postgres.js may throw outside any promise when a connection is lost (porsager/postgres#1154).
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    log("supervisor", `uncaught error: ${describe(event.error)}`);
  });

  const stack = await startStack(config, log);
  const stopping = Promise.withResolvers<void>();
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    Deno.addSignalListener(name, () => stopping.resolve());
  }
  await writeState(config.stackDir, {
    pid: Deno.pid,
    apiUrl: stack.apiUrl,
    dbUrl: stack.dbUrl,
    localServices: stack.localServices,
    outside: describeOutside({ ...readEnvFile(config.envFile), ...config.env }, config),
    outboxDir: outboxDir(config),
    logsDir,
    publishableKey: config.keys.publishable,
    secretKey: config.keys.secret,
    anonJwt: config.keys.anonJwt,
    serviceRoleJwt: config.keys.serviceRoleJwt,
    ports: { ...config.ports },
    settings,
  });
  report({ ready: true });
  const reason = await Promise.race([
    stopping.promise.then(() => "asked to stop"),
    stack.ended.then(() => "the database ended and could not be started again"),
  ]);
  log("supervisor", reason);
  await removeState(config.stackDir);
  await stack.stop();
}

function report(outcome: { ready: true } | { failed: string }): void {
  console.log(JSON.stringify(outcome));
}

function describe(error: unknown): string {
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

try {
  const overrides = JSON.parse(Deno.env.get(OVERRIDES_VARIABLE) ?? "{}");
  // Functions and local services inherit variables.
  Deno.env.delete(OVERRIDES_VARIABLE);
  await supervise(overrides);
  Deno.exit(0);
} catch (error) {
  console.error(describe(error));
  report({ failed: error instanceof Error ? error.message : String(error) });
  Deno.exit(1);
}
