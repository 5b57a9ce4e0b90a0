import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";

export interface ListenOptions {
  /** TCP port; 0 (the default) takes a free one. */
  readonly port?: number;
}

export interface Listening {
  /** Origin without a trailing slash, such as `http://127.0.0.1:40123`. */
  readonly url: string;
  /** Closes the server and every connection, answered or not. */
  stop(): Promise<void>;
}

/** Error with which a handler breaks the connection instead of answering. */
export class BrokenConnection extends Error {
  override name = "BrokenConnection";
}

/**
 * Serves `handler` on 127.0.0.1 until `stop()`.
 *
 * It uses `node:http` because `Deno.serve` (2.9.6) does not notice that a caller disconnected
 * before the answer if the request's body is longer than about 300 bytes. Here `request.signal`
 * aborts then.
 *
 * @throws {Error} with the code `EADDRINUSE` if the port is taken.
 */
export async function listen(
  handler: (request: Request) => Response | Promise<Response>,
  options: ListenOptions = {},
): Promise<Listening> {
  const listener = getRequestListener(
    async (request, { outgoing }) => {
      try {
        return await handler(request);
      } catch (error) {
        if (!(error instanceof BrokenConnection)) throw error;
        outgoing.destroy();
        return RESPONSE_ALREADY_SENT;
      }
    },
    { overrideGlobalObjects: false },
  );
  const server = createServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
