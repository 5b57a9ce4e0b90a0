import { apiUrl, functionsDbUrl, type StackConfig } from "../config.ts";
import { readEnvFile } from "../env_file.ts";

/** Part of the configuration that determines the functions' environment. */
export type EnvironmentConfig = Pick<
  StackConfig,
  "ports" | "keys" | "envFile" | "pooler" | "limits"
>;

/** Milliseconds of CPU time that no isolate reaches. */
const NO_CPU_LIMIT = "1e9";

/**
 * Returns the environment of every function: the hosted variables, overridden by
 * `supabase/functions/.env` and then by `env`. As with hosted secrets, names in `.env` may not
 * begin with `SUPABASE_`.
 */
export function readEnvironment(
  config: EnvironmentConfig,
  env: Readonly<Record<string, string>>,
): Record<string, string> {
  const { keys, limits } = config;
  const secrets = readEnvFile(config.envFile);
  return {
    SUPABASE_URL: apiUrl(config),
    SUPABASE_DB_URL: functionsDbUrl(config),
    SUPABASE_PUBLISHABLE_KEYS: JSON.stringify({ default: keys.publishable }),
    SUPABASE_SECRET_KEYS: JSON.stringify({ default: keys.secret }),
    SUPABASE_JWKS: JSON.stringify({ keys: [] }),
    SUPABASE_ANON_KEY: keys.anonJwt,
    SUPABASE_SERVICE_ROLE_KEY: keys.serviceRoleJwt,
    SB_REGION: "local",
    SITE_URL: apiUrl(config),
    WORKER_CPU_MS: limits === null ? NO_CPU_LIMIT : String(limits.cpuMs),
    ...secrets,
    ...env,
  };
}

/** Returns the variables that Deno itself needs to start a function. */
export function launchEnvironment(): Record<string, string> {
  const own = ownVariables(/^(HOME|DENO_DIR|XDG_CACHE_HOME|TMPDIR|npm_config_.*)$/i);
  return { DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1", ...own };
}

/** Returns the variables for proxies and certificates, which a function's connections need too. */
export function networkEnvironment(): Record<string, string> {
  return ownVariables(
    /^((https?|no|all)_proxy|DENO_CERT|DENO_TLS_CA_STORE|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS)$/i,
  );
}

/** Returns this process's variables with matching names. */
function ownVariables(names: RegExp): Record<string, string> {
  const own = Object.entries(Deno.env.toObject());
  return Object.fromEntries(own.filter(([name]) => names.test(name)));
}
