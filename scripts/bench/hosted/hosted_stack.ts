import { join } from "node:path";
import { buildFunctions } from "../../functions/build_functions.ts";
import type { Bundle } from "../../functions/bundle_functions.ts";
import { type FunctionConfig, loadConfig } from "../../stack/config.ts";
import { freeStackPorts } from "../../stack/free_ports.ts";
import { readEnvironment } from "../../stack/functions/read_environment.ts";
import { planEnvironment } from "../../stack/plan_environment.ts";
import { startStack } from "../../stack/stack.ts";
import { keepVaultSecrets } from "../../stack/vault_secrets.ts";
import { StackClient } from "../../testing/stack.ts";
import { type HostedIsolate, startHostedIsolate } from "./isolate.ts";

/** Local stack whose functions can be started once more, on the hosted version of Deno. */
export interface HostedStack extends AsyncDisposable {
  readonly client: StackClient;
  /** Names of all functions, in the order of config.toml. */
  readonly functions: readonly string[];
  /** The functions as they are deployed. */
  readonly bundles: readonly Bundle[];
  /**
   * Starts a function on Deno 2.1.4, with the environment that the stack gives it.
   *
   * @param form default `built`, which is what is deployed
   */
  start(name: string, form?: FunctionForm): Promise<HostedIsolate>;
  /**
   * Lets Postgres start a function's workers in an isolate instead of the stack's own functions,
   * until the result is disposed of.
   */
  route(name: string, isolate: HostedIsolate): Promise<AsyncDisposable>;
}

/** A function as it stands in the repository, or bundled into one file. */
export type FunctionForm = "source" | "built";

/** Starts the stack on free ports, with all outside services simulated. */
export async function startHostedStack(): Promise<HostedStack> {
  const stackDir = await Deno.makeTempDir({ prefix: "modelpick-bench-" });
  const given = { DEBUG_MOCK_OPENROUTER: "true", DEBUG_MOCK_OPENAI: "true" };
  const config = await loadConfig({
    stackDir,
    ports: freeStackPorts(),
    // A developer's keys must not be spent.
    envFile: `${stackDir}/functions.env`,
    keepWarm: false,
    env: given,
  });
  const stack = await startStack(config);
  const client = new StackClient({
    apiUrl: stack.apiUrl,
    dbUrl: stack.dbUrl,
    publishableKey: stack.keys.publishable,
    secretKey: stack.keys.secret,
    localServices: stack.localServices,
  });
  await client.teach();
  const env = readEnvironment(config, planEnvironment(config, given).env);
  const built = join(stackDir, "built");
  const bundles = await buildFunctions(built);
  const find = (name: string, form: FunctionForm): FunctionConfig => {
    const source = config.functions.find((known) => known.name === name);
    if (source === undefined) throw new Error(`config.toml has no function ${name}`);
    if (form === "source") return source;
    const folder = join(built, "supabase/functions", name);
    const entrypoint = join(folder, "index.js");
    return { ...source, entrypoint, importMap: join(folder, "deno.json") };
  };
  return {
    client,
    functions: config.functions.map(({ name }) => name),
    bundles,
    start: (name, form = "built") => startHostedIsolate(config, find(name, form), env),
    async route(name, isolate) {
      const prefix = "/functions/v1";
      const proxy = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
        const { pathname, search } = new URL(request.url);
        const isOurs = pathname === `${prefix}/${name}`;
        const target = isOurs
          ? isolate.url + pathname.slice(prefix.length)
          : stack.apiUrl + pathname;
        return fetch(target + search, {
          method: request.method,
          headers: request.headers,
          body: request.body,
        });
      });
      const pointTo = (url: string) => keepVaultSecrets(stack.adminDbUrl, { project_url: url });
      await pointTo(`http://127.0.0.1:${proxy.addr.port}`);
      return {
        async [Symbol.asyncDispose]() {
          await pointTo(stack.apiUrl);
          await proxy.shutdown();
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await stack.stop();
      await Deno.remove(stackDir, { recursive: true });
    },
  };
}
