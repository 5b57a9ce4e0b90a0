import { z } from "zod";
import { loadConfig } from "../stack/config.ts";
import { readEnvFile } from "../stack/env_file.ts";
import { planEnvironment } from "../stack/plan_environment.ts";
import { findRunningStack } from "../stack/state_file.ts";
import { connectByCli, connectByUrl, type SqlRunner } from "../support/run_sql.ts";
import type { SupabaseCli } from "../support/supabase_cli.ts";

/** Project to examine. */
export interface Target extends AsyncDisposable {
  /** What to call it, such as `the local stack`. */
  readonly name: string;
  readonly isLocal: boolean;
  /** Its URL without a trailing slash. */
  readonly apiUrl: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  readonly sql: SqlRunner;
  /** Names of the variables that its functions have. */
  readonly settingNames: ReadonlySet<string>;
  /** Values of those variables that are known here. */
  readonly settings: Readonly<Record<string, string>>;
}

/** Where a hosted project is found. */
export interface HostedOptions {
  /** Reference: the 20 letters of its address. */
  readonly project: string;
  readonly projectUrl: string;
  readonly cli: SupabaseCli;
  /** Values of the functions' variables that are known here. */
  readonly settings: Readonly<Record<string, string>>;
}

const keysSchema = z.object({
  keys: z.array(z.object({
    name: z.string(),
    type: z.string().nullish(),
    api_key: z.string().nullish(),
  })),
});
const secretsSchema = z.object({ secrets: z.array(z.object({ name: z.string() })) });

/** Returns the URL of a hosted project: `PROJECT_URL`, which a custom domain needs, or its usual one. */
export function projectUrlOf(
  project: string,
  credentials: Readonly<Record<string, string>>,
): string {
  return (credentials.PROJECT_URL ?? `https://${project}.supabase.co`).replace(/\/+$/, "");
}

/**
 * Finds a hosted project with the access token alone.
 *
 * @throws {Error} if the API refuses the token or the project has no keys.
 */
export async function hostedTarget(
  { project, projectUrl, cli, settings }: HostedOptions,
): Promise<Target> {
  const ask = async (what: string, ...args: string[]): Promise<unknown> => {
    const { code, stdout, stderr } = await cli(
      ...args,
      `--remote=${project}`,
      "--output-format",
      "json",
    );
    if (code !== 0) throw new Error(`${what} could not be read: ${stderr.trim() || stdout}`);
    return JSON.parse(stdout);
  };
  const { keys } = keysSchema.parse(
    await ask("the project's keys", "projects", "api-keys", "--reveal"),
  );
  const { secrets } = secretsSchema.parse(
    await ask("the functions' secrets", "secrets", "list"),
  );
  const find = (type: string, legacy: string) =>
    (keys.find((key) => key.type === type) ?? keys.find((key) => key.name === legacy))?.api_key;
  const publishableKey = find("publishable", "anon");
  const secretKey = find("secret", "service_role");
  if (!publishableKey || !secretKey) {
    throw new Error("the project has no API keys: create them under Settings, API keys");
  }
  const sql = connectByCli(cli, project);
  return {
    name: `project ${project}`,
    isLocal: false,
    apiUrl: projectUrl,
    publishableKey,
    secretKey,
    sql,
    settingNames: new Set(secrets.map(({ name }) => name)),
    settings,
    [Symbol.asyncDispose]: () => sql[Symbol.asyncDispose](),
  };
}

/**
 * Finds the running local stack.
 *
 * @throws {Error} if none is running.
 */
export async function localTarget(stackDir: string): Promise<Target> {
  const config = await loadConfig({ stackDir });
  const state = await findRunningStack(config.stackDir);
  if (state === undefined) {
    throw new Error(
      "No stack is running: start one with deno task start, or name a hosted project with --project.",
    );
  }
  const { env } = planEnvironment(
    { ...config, ports: { ...config.ports, ...state.ports } },
    { ...readEnvFile(config.envFile), ...state.settings },
  );
  const sql = connectByUrl(state.dbUrl);
  return {
    name: "the local stack",
    isLocal: true,
    apiUrl: state.apiUrl,
    publishableKey: state.publishableKey,
    secretKey: state.secretKey,
    sql,
    settingNames: new Set(Object.keys(env)),
    settings: env,
    [Symbol.asyncDispose]: () => sql[Symbol.asyncDispose](),
  };
}
