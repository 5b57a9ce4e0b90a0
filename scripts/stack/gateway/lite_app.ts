import { App, setExperimental } from "@supabase/lite";
import type { StackConfig } from "../config.ts";
import type { Log } from "../service.ts";
import type { GatewayConnection } from "./gateway_connection.ts";
import type { FileStorageAdapter } from "./storage_adapter.ts";

/** Part of the configuration that `@supabase/lite` needs. */
export type LiteConfig = Pick<StackConfig, "api" | "auth" | "storage" | "keys">;

/**
 * Creates the server behind `/rest/v1`, `/auth/v1` and `/storage/v1`. E-mails of Auth, with codes and
 * links, are not sent: they become lines of the log `auth`.
 */
export function createLiteApp(
  config: LiteConfig,
  connection: GatewayConnection,
  storageAdapter: FileStorageAdapter,
  log: Log,
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
    options: {
      server: { admin: false, disableStudio: true, disableFallback: true },
      drivers: {
        email: {
          send: ({ to, subject, text = "" }) => {
            log("auth", `e-mail to ${to}, not sent: ${text.replaceAll(/\s+/g, " ") || subject}`);
            return Promise.resolve();
          },
        },
      },
    },
  });
  app._storageAdapter = storageAdapter;
  return app;
}
