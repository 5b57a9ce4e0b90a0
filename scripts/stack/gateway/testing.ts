import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import type { Sql } from "postgres";
import type { StackConfig } from "../config.ts";
import { startRealtime } from "../realtime/realtime.ts";
import { startTestDatabase } from "../testing.ts";
import { type FunctionsHandler, startGateway } from "./gateway.ts";
import { prepareSystemSchema } from "./prepare_system_schema.ts";

/** User who has just signed up. */
export interface TestUser {
  readonly client: SupabaseClient;
  readonly id: string;
  readonly accessToken: string;
}

/** Gateway over its own Postgres, for tests. */
export interface TestGateway extends AsyncDisposable {
  readonly config: StackConfig;
  readonly url: string;
  /** Connections as `postgres`, the role of migrations. */
  readonly sql: Sql;
  /** Connections as the superuser. */
  readonly admin: Sql;
  /** Returns a client with the given key, by default the publishable key. */
  client(key?: string): SupabaseClient;
  signUp(): Promise<TestUser>;
}

const FILE_SIZE_LIMIT_BYTES = 1024 * 1024;

/** Starts a gateway and its Postgres on free ports. */
export async function startTestGateway(functions: FunctionsHandler): Promise<TestGateway> {
  const database = await startTestDatabase();
  const { adminDbUrl: dbUrl, sql, admin } = database;
  const config = {
    ...database.config,
    storage: { fileSizeLimitBytes: FILE_SIZE_LIMIT_BYTES, transformsImages: true },
  };
  await prepareSystemSchema(config, dbUrl);
  const realtime = startRealtime({ keys: config.keys, dbUrl });
  const gateway = await startGateway({ config, dbUrl, functions, realtime });
  const client = (key = config.keys.publishable) =>
    createClient(gateway.url, key, { auth: { persistSession: false, autoRefreshToken: false } });
  return {
    config,
    url: gateway.url,
    sql,
    admin,
    client,
    signUp: async () => {
      const user = client();
      const { data, error } = await user.auth.signUp({
        email: `${crypto.randomUUID()}@example.com`,
        password: "correct horse battery",
      });
      if (error !== null || data.session === null) throw error ?? new Error("no session");
      const { access_token: accessToken, user: { id } } = data.session;
      return { client: user, id, accessToken };
    },
    [Symbol.asyncDispose]: async () => {
      await realtime.stop();
      await gateway.stop();
      await database[Symbol.asyncDispose]();
    },
  };
}
