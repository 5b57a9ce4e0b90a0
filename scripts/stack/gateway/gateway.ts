import { join } from "node:path";
import { apiUrl, type StackConfig } from "../config.ts";
import type { HttpService } from "../types.ts";
import { replaceLegacyKeys } from "./api_keys.ts";
import { authenticatorUrl, GatewayConnection } from "./connection.ts";
import { allowAllOrigins, answerPreflight } from "./cors.ts";
import { createLiteApp } from "./lite_app.ts";
import { currentRestRequest, describeRestRequest } from "./request_context.ts";
import { watchSchema } from "./schema_watch.ts";
import { FileStorageAdapter } from "./storage_adapter.ts";
import { routeStorage } from "./storage_routes.ts";

/** Answers a request to an Edge Function. */
export interface FunctionsHandler {
  handle(name: string, request: Request): Promise<Response>;
}

/** What {@link startGateway} needs. */
export interface GatewayOptions {
  readonly config: StackConfig;
  /** Connection string of the superuser, under which the services themselves run. */
  readonly dbUrl: string;
  readonly functions: FunctionsHandler;
}

/**
 * Serves the paths of a hosted project on the API port. Migrated or not, the database must have been
 * through `prepareSystemSchema`.
 *
 * @throws {Deno.errors.AddrInUse} when something listens on the port.
 */
export async function startGateway(options: GatewayOptions): Promise<HttpService> {
  const { config, dbUrl, functions } = options;
  const connection = new GatewayConnection({
    admin: dbUrl,
    authenticator: authenticatorUrl(dbUrl),
  });
  const storage = new FileStorageAdapter(join(config.stackDir, "storage"));
  const app = createLiteApp(config, connection, storage);
  await app.init();
  const watch = await watchSchema(dbUrl, () => connection.clearSchemaCache());

  const forward = (request: Request) => Promise.resolve(app.fetch(request, { peerAddress: null }));
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: config.ports.api,
    onListen: () => {},
  }, async (request) => {
    const path = new URL(request.url).pathname;
    const [, service, rest = ""] = /^\/(rest|auth|storage|functions)\/v1(\/.*)?$/.exec(path) ?? [];
    if (service === "functions") {
      const name = rest.split("/")[1] ?? "";
      return await functions.handle(name, request);
    }
    if (service === undefined) {
      return allowAllOrigins(notFound());
    }
    if (request.method === "OPTIONS") return answerPreflight(request);
    const known = replaceLegacyKeys(request, config.keys);
    if (service === "rest") {
      const context = describeRestRequest(known, config.api);
      return allowAllOrigins(await currentRestRequest.run(context, () => forward(known)));
    }
    if (service === "storage") return allowAllOrigins(await routeStorage(known, config, forward));
    return allowAllOrigins(await forward(known));
  });

  let stopping: Promise<void> | undefined;
  return {
    name: "gateway",
    url: apiUrl(config),
    stop: () =>
      stopping ??= (async () => {
        await Promise.all([server.shutdown(), watch.stop()]);
        await connection.close();
      })(),
  };
}

function notFound(): Response {
  return Response.json({ message: "no Route matched with those values" }, { status: 404 });
}
