import { App, setExperimental } from "@supabase/lite";
import type { StackConfig } from "../config.ts";
import type { GatewayConnection } from "./gateway_connection.ts";
import type { FileStorageAdapter } from "./storage_adapter.ts";

/** Part of the configuration that `@supabase/lite` needs. */
export type LiteConfig = Pick<StackConfig, "api" | "auth" | "storage" | "keys">;

/** Creates the server behind `/rest/v1`, `/auth/v1` and `/storage/v1`. */
export function createLiteApp(
  config: LiteConfig,
  connection: GatewayConnection,
  storageAdapter: FileStorageAdapter,
) {
  setExperimental("storage", true);
  const app = new App({
    connection,
    api: { enabled: true, ...config.api },
    auth: {
      enabled: true,
      ...config.auth,
      jwt_secret: config.keys.jwtSecret,
      publishable_key: config.keys.publishable,
      secret_key: config.keys.secret,
    },
    storage: { enabled: true, file_size_limit: `${config.storage.fileSizeLimitBytes}B` },
    // The stack records migrations itself, in the format of the CLI.
    db: { migrations: { enabled: false } },
    studio: { enabled: false },
    options: { server: { admin: false, disableStudio: true, disableFallback: true } },
  });
  app._storageAdapter = storageAdapter;
  return app;
}
