import { join } from "node:path";
import type { JSONWebKeySet } from "jose";
import type { FunctionConfig, StackConfig } from "../config.ts";
import type { Log, Service } from "../service.ts";
import { openControlServer } from "./control_server.ts";
import { readEnvironment } from "./read_environment.ts";
import { answerFailure } from "./runtime_errors.ts";
import { takeFingerprint } from "./fingerprint.ts";
import { FunctionHost } from "./function_host.ts";
import { findFunction, importArguments } from "./function_source.ts";
import { openFunctionLog } from "./function_log.ts";
import { UsageWatch } from "./usage_watch.ts";
import { isAuthorized } from "./verify_jwt.ts";

/** Options of {@link startFunctions}. */
export interface FunctionsOptions {
  readonly config: StackConfig;
  /** Variables that override all others in the functions' environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly log?: Log;
  /**
   * `true` (the default) starts the functions of config.toml at once in the background and always
   * keeps a ready isolate for each. With `false` an isolate starts with the first request.
   */
  readonly keepWarm?: boolean;
  /** Longest time from a request to its response's headers, in seconds. Default 150, as on hosted. */
  readonly requestTimeoutSeconds?: number;
}

/** Running functions of a stack. */
export interface FunctionsRuntime extends Service {
  /** Answers a request to `/functions/v1/<name>`. The function sees the path from `/<name>` on. */
  handle(name: string, request: Request): Promise<Response>;
  /** Settles when every function of config.toml has a ready isolate or has failed to start. */
  warm(): Promise<void>;
  kill(): Promise<void>;
  /** Kills a function's isolates during their work. The next request starts a new one. */
  crash(name: string): Promise<void>;
}

const REQUEST_TIMEOUT_SECONDS = 150;
const PATH_PREFIX = "/functions/v1";

/** Starts the runtime for `supabase/functions`. Each function runs in its own processes. */
export function startFunctions(options: FunctionsOptions): FunctionsRuntime {
  const { config, log = () => {}, keepWarm = true } = options;
  const { requestTimeoutSeconds = REQUEST_TIMEOUT_SECONDS } = options;
  const readEnv = () => readEnvironment(config, options.env ?? {});
  const jwks: JSONWebKeySet = JSON.parse(readEnv().SUPABASE_JWKS ?? "");
  const jwtKeys = { secret: config.keys.jwtSecret, jwks };
  const control = openControlServer();
  const usage = new UsageWatch();
  const hosts = new Map<string, FunctionHost>();

  const hostOf = (source: FunctionConfig): FunctionHost => {
    const { name, entrypoint } = source;
    const known = hosts.get(name);
    if (known !== undefined) return known;
    const host = new FunctionHost({
      keepWarm,
      fingerprint: () => takeFingerprint(config, name),
      isolate: {
        control,
        entrypoint,
        importArguments: [...importArguments(source, config), lockArgument(config, name)],
        readEnv,
        log: openFunctionLog(join(config.stackDir, "logs", "functions"), name, log),
        limits: config.limits,
        usage,
        wallClockMs: config.wallClockSeconds * 1000,
        requestTimeoutMs: requestTimeoutSeconds * 1000,
      },
    });
    hosts.set(name, host);
    return host;
  };
  const warm = async () => {
    const sources = config.functions.map(({ name }) => findFunction(config, name));
    await Promise.all(sources.map((source) => source && hostOf(source).warm()));
  };
  if (keepWarm) void warm();

  const endAll = async (end: (host: FunctionHost) => Promise<void>) => {
    await Promise.all([...hosts.values()].map(end));
    control.close();
  };
  let ended: Promise<void> | undefined;
  return {
    name: "functions",
    handle: async (name, request) => {
      const source = findFunction(config, name);
      if (source === undefined) return answerFailure("notFound");
      if (source.verifyJwt && !await isAuthorized(request, jwtKeys)) {
        return answerFailure("invalidJwt");
      }
      const { pathname, search } = new URL(request.url);
      const path = pathname.startsWith(PATH_PREFIX) ? pathname.slice(PATH_PREFIX.length) : pathname;
      return await hostOf(source).handle(request, path + search);
    },
    warm,
    stop: () => ended ??= endAll((host) => host.stop()),
    kill: () => ended ??= endAll((host) => host.kill()),
    crash: async (name) => await hosts.get(name)?.crash(),
  };
}

/**
 * Returns the argument for a copy of the repository's lock file. Functions get the locked versions,
 * and Deno can add what else they import.
 */
function lockArgument(config: Pick<StackConfig, "rootDir" | "stackDir">, name: string): string {
  const directory = join(config.stackDir, "functions");
  const copy = join(directory, `${name}.lock`);
  Deno.mkdirSync(directory, { recursive: true });
  try {
    Deno.copyFileSync(join(config.rootDir, "deno.lock"), copy);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "--no-lock";
    throw error;
  }
  return `--lock=${copy}`;
}
