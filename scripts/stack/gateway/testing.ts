import { join } from "node:path";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import postgres from "postgres";
import { adminDbUrl, dbUrl, freePorts, loadConfig, type StackConfig } from "../config.ts";
import { startPostgres } from "../postgres.ts";
import { type FunctionsHandler, startGateway } from "./gateway.ts";
import { prepareSystemSchema } from "./prepare_system_schema.ts";

/** A gateway over a real Postgres of its own, for tests. */
export interface TestGateway extends AsyncDisposable {
  readonly config: StackConfig;
  readonly url: string;
  /** Runs SQL as `postgres`, as migrations do. */
  readonly sql: postgres.Sql;
  /** A client with the publishable key, or the key given. */
  client(key?: string): SupabaseClient;
  /** A client that is signed in as a new user. */
  signUp(): Promise<{ client: SupabaseClient; userId: string; accessToken: string }>;
}

/** Starts Postgres and a gateway on free ports in a temporary directory. */
export async function startTestGateway(functions: FunctionsHandler): Promise<TestGateway> {
  const stackDir = await Deno.makeTempDir();
  const config = await makeTestConfig(stackDir);
  const database = await startPostgres(config, () => {});
  await prepareSystemSchema(config, adminDbUrl(config));
  const gateway = await startGateway({ config, dbUrl: adminDbUrl(config), functions });
  const sql = postgres(dbUrl(config), { max: 2, onnotice: () => {} });
  const client = (key = config.keys.publishable) =>
    createClient(gateway.url, key, {
      auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    });
  return {
    config,
    url: gateway.url,
    sql,
    client,
    signUp: async () => {
      const user = client();
      const { data, error } = await user.auth.signUp({
        email: `${crypto.randomUUID()}@example.com`,
        password: "correct horse battery",
      });
      if (error !== null || data.session === null) throw error ?? new Error("no session");
      return {
        client: user,
        userId: data.session.user.id,
        accessToken: data.session.access_token,
      };
    },
    [Symbol.asyncDispose]: async () => {
      await sql.end();
      await gateway.stop();
      await database.stop();
      await Deno.remove(stackDir, { recursive: true });
    },
  };
}

/** The repository's configuration, but with all that is written in `stackDir` and no functions. */
export async function makeTestConfig(stackDir: string): Promise<StackConfig> {
  const [api = 0, db = 0, ocr = 0, openrouter = 0, stripe = 0, resend = 0] = freePorts(6);
  const config = await loadConfig({
    stackDir,
    functionsDir: join(stackDir, "supabase", "functions"),
    ports: { api, db, ocr, openrouter, stripe, resend },
    fsync: false,
  });
  return { ...config, functions: [], storage: { fileSizeLimitBytes: 1024 * 1024 } };
}
