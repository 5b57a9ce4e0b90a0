import { join } from "node:path";
import { afterResponse } from "../after_response.ts";
import { settlesWithin } from "../../support/settles_within.ts";
import { apiUrl, type StackConfig } from "../config.ts";
import type { RealtimeHandler } from "../realtime/realtime.ts";
import type { HttpService, Log } from "../service.ts";
import { replaceLegacyKeys } from "./api_keys.ts";
import { GatewayConnection, refusals } from "./gateway_connection.ts";
import { allowAllOrigins, answerPreflight } from "./cors.ts";
import { renameEmailCode } from "./email_codes.ts";
import { createLiteApp } from "./lite_app.ts";
import { answerAppPage, isAppPath } from "./app_pages.ts";
import { answerRest } from "./rest/rest.ts";
import {
  BodyError,
  holdBody,
  limitBody,
  MAX_FUNCTION_BYTES,
  MAX_JSON_BYTES,
  MAX_REST_BYTES,
} from "./request_body.ts";
import { watchSchema } from "./schema_watch.ts";
import type { Forward } from "./signed_urls.ts";
import { FileStorageAdapter } from "./storage_adapter.ts";
import { completeStorageResponse } from "./storage_responses.ts";
import { routeStorage } from "./storage_routes.ts";

/** Handler of requests to edge functions. */
export interface FunctionsHandler {
  handle(name: string, request: Request): Promise<Response>;
}

/** Options of {@link startGateway}. */
export interface GatewayOptions {
  readonly config: StackConfig;
  /** Connection string of the superuser, which the services themselves use. */
  readonly dbUrl: string;
  readonly functions: FunctionsHandler;
  readonly realtime: RealtimeHandler;
  readonly log?: Log;
}

/**
 * Time for running requests when the gateway stops, in milliseconds. A function's request may last
 * until that function is stopped.
 */
const STOP_MS = 1_000;

/**
 * Serves the paths of a hosted project on the API port. `prepareSystemSchema` must have run on the
 * database; migrations need not.
 *
 * @throws {Deno.errors.AddrInUse} if the port is taken.
 */
export async function startGateway(options: GatewayOptions): Promise<HttpService> {
  const { config, dbUrl, functions, realtime, log = () => {} } = options;
  const connection = new GatewayConnection(dbUrl);
  const storage = new FileStorageAdapter(join(config.stackDir, "storage"));
  const app = createLiteApp(config, connection, storage, log);
  await app.init();
  const forward = (request: Request) => Promise.resolve(app.fetch(request, { peerAddress: null }));

  // The port is taken first, because nothing is open yet that would have to be closed on failure.
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: config.ports.api,
    onListen: () => {},
  }, (request) => route(request, { config, connection, functions, realtime, forward }));
  const watch = await watchSchema(dbUrl, () => connection.clearSchemaCache(), log);

  const end = async (patienceMs: number) => {
    await settlesWithin(server.shutdown(), patienceMs);
    await watch.stop();
    await connection.close();
  };
  let ended: Promise<void> | undefined;
  return {
    name: "gateway",
    url: apiUrl(config),
    stop: () => ended ??= end(STOP_MS),
    kill: () => ended ??= end(0),
  };
}

type Services = Omit<GatewayOptions, "dbUrl" | "log"> & {
  readonly connection: GatewayConnection;
  readonly forward: Forward;
};

async function route(request: Request, services: Services): Promise<Response> {
  try {
    return await routeToService(request, services);
  } catch (error) {
    if (error instanceof BodyError) return allowAllOrigins(error.respond());
    throw error;
  }
}

/**
 * Passes a request to a function. Once its response was delivered, the body is read no further: a
 * function that refuses an endless upload has done with it.
 */
async function callFunction(
  functions: FunctionsHandler,
  name: string,
  request: Request,
): Promise<Response> {
  const limited = limitBody(request, MAX_FUNCTION_BYTES);
  const response = await Promise.race([functions.handle(name, limited.request), limited.failed]);
  return afterResponse(response, limited.release);
}

async function routeToService(
  request: Request,
  { config, connection, functions, realtime, forward }: Services,
): Promise<Response> {
  const path = new URL(request.url).pathname;
  const [, service, rest = ""] =
    /^\/(rest|auth|storage|functions|realtime)\/v1(\/.*)?$/.exec(path) ?? [];
  // Functions answer preflights and set their CORS headers themselves.
  if (service === "functions") {
    return await callFunction(functions, rest.split("/")[1] ?? "", request);
  }
  if (isAppPath(path)) return await answerAppPage(request, config);
  if (service === undefined) {
    const message = "no Route matched with those values";
    return allowAllOrigins(Response.json({ message }, { status: 404 }));
  }
  if (request.method === "OPTIONS") return answerPreflight(request);
  if (service === "realtime") {
    const response = await realtime.handle(request, rest);
    // A WebSocket's response must be the very object that Deno created.
    return response.status === 101 ? response : allowAllOrigins(response);
  }
  const known = replaceLegacyKeys(request, config.keys);
  if (service === "storage") {
    const refusal: { message?: string } = {};
    const response = await refusals.run(refusal, () => routeStorage(known, config, forward));
    return allowAllOrigins(await completeStorageResponse(known, response, refusal.message));
  }
  if (service === "auth") {
    const held = await holdBody(known, MAX_JSON_BYTES);
    return allowAllOrigins(await forward(await renameEmailCode(held)));
  }
  const held = await holdBody(known, MAX_REST_BYTES);
  return allowAllOrigins(await answerRest(held, config, connection));
}
