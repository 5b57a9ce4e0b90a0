import { parseArgs } from "node:util";
import type { z } from "zod";
import type { Listening, ListenOptions } from "./listen.ts";

/**
 * Variable with a service's options. They contain secrets, and every user of the machine can read a
 * process's arguments.
 */
export const OPTIONS_VARIABLE = "LOCAL_SERVICE_OPTIONS";

/**
 * Runs a local service as a process of its own.
 *
 * Options: `--port` (0 = any), `--die-with-parent` (exit when stdin ends, so that a killed parent
 * leaves no process behind). The variable {@link OPTIONS_VARIABLE} holds the options of the
 * service's `start…` function as JSON. Once the service listens it prints one line, `ready <url>`.
 * It stops cleanly on SIGINT and SIGTERM.
 */
export async function runProcess<Options>(
  schema: z.ZodType<Options>,
  start: (options: Options & ListenOptions) => Promise<Listening>,
): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      port: { type: "string", default: "0" },
      "die-with-parent": { type: "boolean" },
    },
  });
  const options = schema.parse(JSON.parse(Deno.env.get(OPTIONS_VARIABLE) ?? "{}"));
  const service = await start({ ...options, port: Number(values.port) });
  console.log(`ready ${service.url}`);

  const end = async () => {
    await service.stop();
    Deno.exit(0);
  };
  Deno.addSignalListener("SIGINT", end);
  Deno.addSignalListener("SIGTERM", end);
  if (values["die-with-parent"] === true) {
    // Only the end of the stream matters.
    await Array.fromAsync(Deno.stdin.readable);
    await end();
  }
}
